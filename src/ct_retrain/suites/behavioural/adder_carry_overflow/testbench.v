`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [7:0] a;
  reg [7:0] b;
  reg sub;
  wire [7:0] sum;
  reg [7:0] exp_sum;
  wire carry;
  reg exp_carry;
  wire overflow;
  reg exp_overflow;
  wire zero;
  reg exp_zero;
  integer checks, errors, seed;

  adder_carry_overflow dut (.a(a), .b(b), .sub(sub), .sum(sum), .carry(carry), .overflow(overflow), .zero(zero));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer u, s, sa, sb;

  task expect_outputs;
    begin
      sa = (a > 127) ? a - 256 : a;
      sb = (b > 127) ? b - 256 : b;
      u = sub ? a - b : a + b;
      s = sub ? sa - sb : sa + sb;
      exp_sum = u;
      exp_carry = (u < 0 || u > 255);
      exp_overflow = (s < -128 || s > 127);
      exp_zero = ((u + 256) % 256 == 0);
    end
  endtask

  integer i, j;
  reg [7:0] corner [0:7];

  task compare;
    begin
      checks = checks + 1;
      if (sum !== exp_sum) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: sum is %b, expected %b", $time, sum, exp_sum);
      end
      checks = checks + 1;
      if (carry !== exp_carry) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: carry is %b, expected %b", $time, carry, exp_carry);
      end
      checks = checks + 1;
      if (overflow !== exp_overflow) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: overflow is %b, expected %b", $time, overflow, exp_overflow);
      end
      checks = checks + 1;
      if (zero !== exp_zero) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: zero is %b, expected %b", $time, zero, exp_zero);
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
    seed = 10393;

    corner[0] = 0; corner[1] = 1; corner[2] = 127; corner[3] = 128;
    corner[4] = 129; corner[5] = 255; corner[6] = 64; corner[7] = 192;
    for (i = 0; i < 8; i = i + 1)
      for (j = 0; j < 8; j = j + 1) begin
        a = corner[i];
        b = corner[j];
        sub = 0; apply;
        sub = 1; apply;
      end
    repeat (500) begin
      a = below(256);
      b = below(5) == 0 ? (below(2) ? a : -a) : below(256);
      sub = below(2);
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
