`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [15:0] data;
  reg [15:0] mask;
  wire [4:0] ones;
  reg [4:0] exp_ones;
  wire full;
  reg exp_full;
  integer checks, errors, seed;

  popcount dut (.data(data), .mask(mask), .ones(ones), .full(full));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer v, n, missing;

  task expect_outputs;
    begin
      n = 0;
      missing = 0;
      for (v = 0; v < 16; v = v + 1)
        if (mask[v]) begin
          if (data[v]) n = n + 1; else missing = missing + 1;
        end
      exp_ones = n;
      exp_full = (missing == 0);
    end
  endtask

  integer k;

  task compare;
    begin
      checks = checks + 1;
      if (ones !== exp_ones) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: ones is %b, expected %b", $time, ones, exp_ones);
      end
      checks = checks + 1;
      if (full !== exp_full) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: full is %b, expected %b", $time, full, exp_full);
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
    seed = 468593;

    data = 16'hffff; mask = 16'hffff; apply;
    mask = 0; apply;
    for (k = 0; k < 16; k = k + 1) begin
      data = 1 << k; mask = 16'hffff; apply;
      mask = data; apply;
      data = ~data; mask = 16'hffff; apply;
    end
    repeat (300) begin
      data = $random(seed);
      mask = $random(seed);
      if (below(3) == 0) data = data | mask;
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
