`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [5:0] a;
  reg [5:0] b;
  wire lt_u;
  reg exp_lt_u;
  wire lt_s;
  reg exp_lt_s;
  wire eq;
  reg exp_eq;
  wire [5:0] max_u;
  reg [5:0] exp_max_u;
  wire [5:0] min_s;
  reg [5:0] exp_min_s;
  integer checks, errors, seed;

  comparator dut (.a(a), .b(b), .lt_u(lt_u), .lt_s(lt_s), .eq(eq), .max_u(max_u), .min_s(min_s));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer sa, sb;

  task expect_outputs;
    begin
      sa = a - 64 * a[5];
      sb = b - 64 * b[5];
      exp_eq = (sa - sb == 0);
      exp_lt_u = ({26'd0, a} - {26'd0, b} >= 32'h80000000);
      exp_lt_s = (sa - sb < 0);
      exp_max_u = exp_lt_u ? b : a;
      exp_min_s = (sa < sb) ? sa : sb;
    end
  endtask

  integer i, j;

  task compare;
    begin
      checks = checks + 1;
      if (lt_u !== exp_lt_u) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: lt_u is %b, expected %b", $time, lt_u, exp_lt_u);
      end
      checks = checks + 1;
      if (lt_s !== exp_lt_s) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: lt_s is %b, expected %b", $time, lt_s, exp_lt_s);
      end
      checks = checks + 1;
      if (eq !== exp_eq) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: eq is %b, expected %b", $time, eq, exp_eq);
      end
      checks = checks + 1;
      if (max_u !== exp_max_u) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: max_u is %b, expected %b", $time, max_u, exp_max_u);
      end
      checks = checks + 1;
      if (min_s !== exp_min_s) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: min_s is %b, expected %b", $time, min_s, exp_min_s);
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
    seed = 657649;

    for (i = 0; i < 64; i = i + 1)
      for (j = 0; j < 8; j = j + 1) begin
        a = i;
        b = (j == 0) ? i : (j == 1) ? i + 1 : (j == 2) ? i - 1 : (j == 3) ? i + 32 : below(64);
        apply;
      end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
