`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [7:0] req;
  reg [7:0] mask;
  wire [2:0] index;
  reg [2:0] exp_index;
  wire valid;
  reg exp_valid;
  wire multiple;
  reg exp_multiple;
  integer checks, errors, seed;

  priority_encoder dut (.req(req), .mask(mask), .index(index), .valid(valid), .multiple(multiple));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer i, n, highest;

  task expect_outputs;
    begin
      n = 0;
      highest = 0;
      for (i = 7; i >= 0; i = i - 1)
        if (req[i] && !mask[i]) begin
          if (n == 0) highest = i;
          n = n + 1;
        end
      exp_index = highest;
      exp_valid = (n >= 1);
      exp_multiple = (n >= 2);
    end
  endtask

  integer k;

  task compare;
    begin
      checks = checks + 1;
      if (index !== exp_index) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: index is %b, expected %b", $time, index, exp_index);
      end
      checks = checks + 1;
      if (valid !== exp_valid) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: valid is %b, expected %b", $time, valid, exp_valid);
      end
      checks = checks + 1;
      if (multiple !== exp_multiple) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: multiple is %b, expected %b", $time, multiple, exp_multiple);
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
    seed = 283748;

    for (k = 0; k < 256; k = k + 1) begin
      req = k;
      mask = 0; apply;
      mask = below(256); apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
