`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg start;
  reg stop;
  wire running;
  reg exp_running;
  integer checks, errors, seed;
  reg armed;

  fsm_pump_control dut (.clk(clk), .rst_n(rst_n), .start(start), .stop(stop), .running(running));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer on;

  task reset_model; on = 0; endtask

  // Stop always wins; start only ever switches on.
  task step_model;
    if (stop) on = 0;
    else if (start) on = 1;
  endtask

  task expect_outputs; exp_running = (on != 0); endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (running !== exp_running) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: running is %b, expected %b", $time, running, exp_running);
        end
      end
    end
  endtask

  reg [1:0] held;

  task scramble;
    {start, stop} = $random(seed);
  endtask

  task edge_model;
    begin
      if (!rst_n) reset_model; else step_model;
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
      held = {start, stop};
      {start, stop} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {start, stop} = held;
      expect_outputs;
    end
  endtask

  task reset_now;
    begin
      if (below(2)) scramble;
      if (below(2)) begin
        edge_model;
        #2 clk = 1'b1;
        expect_outputs;
        #1 compare;
        rst_n = 1'b0;
        reset_model;
        expect_outputs;
        #1 compare;
        clk = 1'b0;
        #1 compare;
      end else begin
        rst_n = 1'b0;
        reset_model;
        expect_outputs;
        #1 compare;
      end
      if (below(2)) scramble;
      if (below(2)) cycle;
      rst_n = 1'b1;
      expect_outputs;
      #1 compare;
    end
  endtask

  initial begin
    checks = 0;
    errors = 0;
    seed = 131675;
    armed = 1'b0;
    clk = 1'b0;
    start = 0;
    stop = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    repeat (400) begin
      start = below(2);
      stop = (below(3) == 0);
      cycle;
      if (below(24) == 0) reset_now;
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
