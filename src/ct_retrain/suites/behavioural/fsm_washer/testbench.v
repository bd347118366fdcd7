`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg start;
  reg lid;
  reg extra;
  wire water;
  reg exp_water;
  wire drum;
  reg exp_drum;
  wire done;
  reg exp_done;
  integer checks, errors, seed;
  reg armed;

  fsm_washer dut (.clk(clk), .rst(rst), .start(start), .lid(lid), .extra(extra), .water(water), .drum(drum), .done(done));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // Steps taken since the start; -1 in idle. total is the length of the programme.
  integer taken, total;

  task reset_model;
    begin taken = -1; total = 15; end
  endtask

  task step_model;
    if (taken == -1) begin
      if (start && !lid) begin taken = 0; total = extra ? 19 : 15; end
    end else if (taken == total) begin
      if (lid) taken = -1;
    end else if (!lid) taken = taken + 1;
  endtask

  task expect_outputs;
    begin
      exp_water = (!lid && taken >= 0 && taken < 3);
      exp_drum = (!lid && taken >= 3 && taken < total);
      exp_done = (taken == total);
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (water !== exp_water) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: water is %b, expected %b", $time, water, exp_water);
        end
        checks = checks + 1;
        if (drum !== exp_drum) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: drum is %b, expected %b", $time, drum, exp_drum);
        end
        checks = checks + 1;
        if (done !== exp_done) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: done is %b, expected %b", $time, done, exp_done);
        end
      end
    end
  endtask

  reg [3:0] held;

  task scramble;
    {start, lid, extra} = $random(seed);
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
      held = {start, lid, extra, rst};
      {start, lid, extra, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {start, lid, extra, rst} = held;
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
    seed = 816243;
    armed = 1'b0;
    clk = 1'b0;
    start = 0;
    lid = 0;
    extra = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (1500) begin
      start = below(2);
      extra = below(2);
      lid = (below(6) == 0);
      cycle;
      if (below(120) == 0) reset_now;
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
