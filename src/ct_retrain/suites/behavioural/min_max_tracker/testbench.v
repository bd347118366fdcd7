`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg restart;
  reg valid;
  reg signed [7:0] sample;
  wire signed [7:0] lowest;
  reg signed [7:0] exp_lowest;
  wire signed [7:0] highest;
  reg signed [7:0] exp_highest;
  wire seen;
  reg exp_seen;
  integer checks, errors, seed;
  reg armed;

  min_max_tracker dut (.clk(clk), .rst(rst), .restart(restart), .valid(valid), .sample(sample), .lowest(lowest), .highest(highest), .seen(seen));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // The series, by value offset by 128: present[v + 128] says whether v occurred.
  reg [255:0] present;
  integer lo, hi;

  task reset_model;
    begin present = 0; lo = 0; hi = 0; end
  endtask

  task step_model;
    begin
      if (restart) present = 0;
      if (valid) present[sample + 128] = 1'b1;
      lo = 0;
      hi = 0;
      if (present != 0) begin
        lo = -128;
        while (lo < 127 && !present[lo + 128]) lo = lo + 1;
        hi = 127;
        while (hi > -128 && !present[hi + 128]) hi = hi - 1;
      end
    end
  endtask

  task expect_outputs;
    begin
      exp_lowest = lo;
      exp_highest = hi;
      exp_seen = (present != 0);
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (lowest !== exp_lowest) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: lowest is %b, expected %b", $time, lowest, exp_lowest);
        end
        checks = checks + 1;
        if (highest !== exp_highest) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: highest is %b, expected %b", $time, highest, exp_highest);
        end
        checks = checks + 1;
        if (seen !== exp_seen) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: seen is %b, expected %b", $time, seen, exp_seen);
        end
      end
    end
  endtask

  reg [10:0] held;

  task scramble;
    {restart, valid, sample} = $random(seed);
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
      held = {restart, valid, sample, rst};
      {restart, valid, sample, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {restart, valid, sample, rst} = held;
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
    seed = 655748;
    armed = 1'b0;
    clk = 1'b0;
    restart = 0;
    valid = 0;
    sample = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (500) begin
      valid = (below(3) != 0);
      restart = (below(10) == 0);
      sample = below(4) == 0 ? $random(seed) : below(41) - 20;
      cycle;
      if (below(60) == 0) reset_now;
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
