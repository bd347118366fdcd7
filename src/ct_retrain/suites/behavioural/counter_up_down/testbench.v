`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg up;
  reg down;
  wire [4:0] count;
  reg [4:0] exp_count;
  wire at_min;
  reg exp_at_min;
  wire at_max;
  reg exp_at_max;
  integer checks, errors, seed;
  reg armed;

  counter_up_down dut (.clk(clk), .rst(rst), .up(up), .down(down), .count(count), .at_min(at_min), .at_max(at_max));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer n;

  task reset_model; n = 16; endtask
  task step_model; n = (n + up - down + 32) % 32; endtask

  task expect_outputs;
    begin exp_count = n; exp_at_min = (n == 0); exp_at_max = (n == 31); end
  endtask

  integer bias;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (count !== exp_count) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: count is %b, expected %b", $time, count, exp_count);
        end
        checks = checks + 1;
        if (at_min !== exp_at_min) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: at_min is %b, expected %b", $time, at_min, exp_at_min);
        end
        checks = checks + 1;
        if (at_max !== exp_at_max) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: at_max is %b, expected %b", $time, at_max, exp_at_max);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {up, down} = $random(seed);
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
      held = {up, down, rst};
      {up, down, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {up, down, rst} = held;
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
    seed = 913178;
    armed = 1'b0;
    clk = 1'b0;
    up = 0;
    down = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    up = 1; repeat (40) cycle;
    up = 0; down = 1; repeat (40) cycle;
    bias = 2;
    repeat (600) begin
      if (below(50) == 0) bias = 1 + below(4);
      up = (below(bias) == 0);
      down = (below(5 - bias) == 0);
      cycle;
      if (below(70) == 0) reset_now;
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
