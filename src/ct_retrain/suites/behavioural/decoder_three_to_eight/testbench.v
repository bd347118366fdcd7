`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [2:0] code;
  reg en;
  reg en_n;
  reg active_low;
  wire [7:0] y;
  reg [7:0] exp_y;
  integer checks, errors, seed;

  decoder_three_to_eight dut (.code(code), .en(en), .en_n(en_n), .active_low(active_low), .y(y));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer i;

  task expect_outputs;
    for (i = 0; i < 8; i = i + 1)
      if (en == 1 && en_n == 0 && i == code) exp_y[i] = 1 - active_low;
      else exp_y[i] = active_low;
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
    seed = 935768;

    for (k = 0; k < 64; k = k + 1) begin
      {code, en, en_n, active_low} = k;
      apply;
    end
    repeat (64) begin
      {code, en, en_n, active_low} = below(64);
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
