`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [7:0] a;
  reg [7:0] b;
  reg is_signed;
  wire [7:0] diff;
  reg [7:0] exp_diff;
  wire swapped;
  reg exp_swapped;
  integer checks, errors, seed;

  abs_difference dut (.a(a), .b(b), .is_signed(is_signed), .diff(diff), .swapped(swapped));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer va, vb;

  task expect_outputs;
    begin
      va = a;
      vb = b;
      if (is_signed && va >= 128) va = va - 256;
      if (is_signed && vb >= 128) vb = vb - 256;
      exp_swapped = (va - vb < 0);
      exp_diff = (va > vb) ? va - vb : vb - va;
    end
  endtask

  integer k;

  task compare;
    begin
      checks = checks + 1;
      if (diff !== exp_diff) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: diff is %b, expected %b", $time, diff, exp_diff);
      end
      checks = checks + 1;
      if (swapped !== exp_swapped) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: swapped is %b, expected %b", $time, swapped, exp_swapped);
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
    seed = 744944;

    for (k = 0; k < 64; k = k + 1) begin
      a = (k & 7) * 51 - ((k >> 3) & 1);
      b = (k >> 3) * 36 + (k & 1);
      is_signed = 0; apply;
      is_signed = 1; apply;
    end
    a = 127; b = 128; apply;
    a = 128; b = 127; apply;
    repeat (500) begin
      a = below(256);
      b = below(6) == 0 ? a + below(3) - 1 : below(256);
      is_signed = below(2);
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
