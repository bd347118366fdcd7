`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [6:0] gray;
  wire [6:0] binary;
  reg [6:0] exp_binary;
  wire parity;
  reg exp_parity;
  integer checks, errors, seed;

  gray_to_binary dut (.gray(gray), .binary(binary), .parity(parity));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer n, ones, i;

  // Searches for the number that has this Gray code.
  task expect_outputs;
    begin
      for (n = 0; n < 128; n = n + 1)
        if (((n ^ (n >> 1)) & 127) == gray) exp_binary = n;
      ones = 0;
      for (i = 0; i < 7; i = i + 1) ones = ones + gray[i];
      exp_parity = ones % 2;
    end
  endtask

  integer k;

  task compare;
    begin
      checks = checks + 1;
      if (binary !== exp_binary) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: binary is %b, expected %b", $time, binary, exp_binary);
      end
      checks = checks + 1;
      if (parity !== exp_parity) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: parity is %b, expected %b", $time, parity, exp_parity);
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
    seed = 263576;

    for (k = 0; k < 128; k = k + 1) begin
      gray = k;
      apply;
    end
    repeat (60) begin
      gray = below(128);
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
