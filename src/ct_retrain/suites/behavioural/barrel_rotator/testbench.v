`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [15:0] a;
  reg [3:0] amount;
  reg right;
  wire [15:0] y;
  reg [15:0] exp_y;
  integer checks, errors, seed;

  barrel_rotator dut (.a(a), .amount(amount), .right(right), .y(y));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer i, to;

  task expect_outputs;
    for (i = 0; i < 16; i = i + 1) begin
      to = (right ? i + 16 - amount : i + amount) % 16;
      exp_y[to] = a[i];
    end
  endtask

  integer k;

  task compare;
    begin
      checks = checks + 1;
      if (y !== exp_y) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: y is %b, expected %b", $time, y, exp_y);
      end
    end
  endtask

  task apply;
    begin
      expect_outputs;
      #5 compare;
      #5 compare;
    end
  endtask

  initial begin
    checks = 0;
    errors = 0;
    seed = 568374;

    for (k = 0; k < 32; k = k + 1) begin
      {right, amount} = k;
      a = 16'h0001; apply;
      a = 16'h8000; apply;
      a = 16'hfffe; apply;
    end
    repeat (400) begin
      a = $random(seed);
      amount = below(16);
      right = below(2);
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
