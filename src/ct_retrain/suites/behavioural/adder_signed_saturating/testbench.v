`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg valid;
  reg clear;
  reg signed [5:0] x;
  wire signed [7:0] acc;
  reg signed [7:0] exp_acc;
  wire saturated;
  reg exp_saturated;
  integer checks, errors, seed;
  reg armed;

  adder_signed_saturating dut (.clk(clk), .rst(rst), .valid(valid), .clear(clear), .x(x), .acc(acc), .saturated(saturated));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer total, clipped;

  task reset_model;
    begin total = 0; clipped = 0; end
  endtask

  task step_model;
    begin
      if (clear) begin total = 0; clipped = 0; end
      if (valid) total = total + x;
      if (total > 127) begin total = 127; clipped = 1; end
      if (total < -128) begin total = -128; clipped = 1; end
    end
  endtask

  task expect_outputs;
    begin exp_acc = total; exp_saturated = clipped; end
  endtask

  integer bias;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (acc !== exp_acc) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: acc is %b, expected %b", $time, acc, exp_acc);
        end
        checks = checks + 1;
        if (saturated !== exp_saturated) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: saturated is %b, expected %b", $time, saturated, exp_saturated);
        end
      end
    end
  endtask

  reg [8:0] held;

  task scramble;
    {valid, clear, x} = $random(seed);
  endtask

  task edge_model;
    begin
      if (rst) reset_model; else step_model;
    end
  endtask

  // One period; the inputs were set while the clock is low.
  task cycle;
    begin
      expect_outputs;
      #4 compare;
      edge_model;
      #1 clk = 1'b1;
      expect_outputs;
      #1 compare;
      // Other input values while the clock is high and at its falling edge.
      held = {valid, clear, x, rst};
      {valid, clear, x, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {valid, clear, x, rst} = held;
      expect_outputs;
    end
  endtask

  task reset_now;
    begin
      if (below(2)) scramble;
      rst = 1'b1;
      cycle;
      if (below(2)) scramble;
      if (below(2)) cycle;
      rst = 1'b0;
    end
  endtask

  initial begin
    checks = 0;
    errors = 0;
    seed = 992381;
    armed = 1'b0;
    clk = 1'b0;
    valid = 0;
    clear = 0;
    x = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    bias = 0;
    repeat (900) begin
      if (below(20) == 0) bias = below(3) - 1;
      valid = (below(4) != 0);
      clear = (below(25) == 0);
      x = (bias == 0) ? $random(seed) : bias * below(32);
      if (below(5) == 0) x = (total > 0) ? 127 - total : -128 - total;
      cycle;
      if (below(80) == 0) reset_now;
    end

    // Resets from many states.
    repeat (40) begin
      repeat (1 + below(12)) begin
        scramble;
        cycle;
      end
      reset_now;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
