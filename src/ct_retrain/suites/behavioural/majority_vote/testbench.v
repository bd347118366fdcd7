`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [7:0] a;
  reg [7:0] b;
  reg [7:0] c;
  wire [7:0] y;
  reg [7:0] exp_y;
  wire [1:0] suspect;
  reg [1:0] exp_suspect;
  integer checks, errors, seed;

  majority_vote dut (.a(a), .b(b), .c(c), .y(y), .suspect(suspect));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer i, votes;

  task expect_outputs;
    begin
      for (i = 0; i < 8; i = i + 1) begin
        votes = a[i] + b[i] + c[i];
        exp_y[i] = (votes > 1);
      end
      exp_suspect = 0;
      if (!(a == b && b == c)) begin
        if (b == c) exp_suspect = 1;
        if (a == c) exp_suspect = 2;
        if (a == b) exp_suspect = 3;
      end
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
      checks = checks + 1;
      if (suspect !== exp_suspect) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: suspect is %b, expected %b", $time, suspect, exp_suspect);
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
    seed = 411469;

    repeat (500) begin
      a = below(256); b = below(256); c = below(256);
      k = below(6);
      if (k == 0) b = a;
      if (k == 1) c = b;
      if (k == 2) c = a;
      if (k == 3) begin b = a; c = a; end
      if (k == 4) begin b = a; c = a ^ (1 << below(8)); end
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
