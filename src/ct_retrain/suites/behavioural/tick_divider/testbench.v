`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg [3:0] period;
  wire tick;
  reg exp_tick;
  integer checks, errors, seed;
  reg armed;

  tick_divider dut (.clk(clk), .rst(rst), .period(period), .tick(tick));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // The running period ends, with a tick, at edge number due; -1 when there is none.
  integer now, due, pulsed;

  task reset_model;
    begin now = 0; due = -1; pulsed = 0; end
  endtask

  task step_model;
    begin
      pulsed = (now == due);
      if (due <= now) due = (period == 0) ? -1 : now + period;
      now = now + 1;
    end
  endtask

  task expect_outputs; exp_tick = pulsed; endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (tick !== exp_tick) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: tick is %b, expected %b", $time, tick, exp_tick);
        end
      end
    end
  endtask

  reg [4:0] held;

  task scramble;
    {period} = $random(seed);
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
      held = {period, rst};
      {period, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {period, rst} = held;
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
    seed = 698426;
    armed = 1'b0;
    clk = 1'b0;
    period = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    period = 5; repeat (32) cycle;
    period = 1; repeat (12) cycle;
    period = 15; repeat (50) cycle;
    repeat (1000) begin
      if (below(12) == 0) period = below(3) == 0 ? below(16) : below(4);
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
