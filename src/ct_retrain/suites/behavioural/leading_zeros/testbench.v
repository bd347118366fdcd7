`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [15:0] x;
  wire [4:0] count;
  reg [4:0] exp_count;
  wire [15:0] normal;
  reg [15:0] exp_normal;
  integer checks, errors, seed;

  leading_zeros dut (.x(x), .count(count), .normal(normal));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer v, z;

  // Doubles the value until it reaches bit 15.
  task expect_outputs;
    begin
      v = x;
      z = 0;
      while (v < 32768 && z < 16) begin v = v * 2; z = z + 1; end
      exp_count = z;
      exp_normal = (x == 0) ? 0 : v;
    end
  endtask

  integer k;

  task compare;
    begin
      checks = checks + 1;
      if (count !== exp_count) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: count is %b, expected %b", $time, count, exp_count);
      end
      checks = checks + 1;
      if (normal !== exp_normal) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: normal is %b, expected %b", $time, normal, exp_normal);
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
    seed = 947071;

    x = 0; apply;
    for (k = 0; k < 16; k = k + 1) begin
      x = 1 << k; apply;
      x = (2 << k) - 1; apply;
    end
    repeat (300) begin
      x = $random(seed);
      x = x >> below(17);
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
