`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg din;
  reg ack;
  wire detected;
  reg exp_detected;
  integer checks, errors, seed;
  reg armed;

  fsm_detect_110 dut (.clk(clk), .rst_n(rst_n), .din(din), .ack(ack), .detected(detected));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer ones, locked;

  task reset_model;
    begin ones = 0; locked = 0; end
  endtask

  task step_model;
    if (locked) begin
      if (ack) begin locked = 0; ones = 0; end
    end else if (din) ones = ones + 1;
    else begin
      if (ones >= 2) locked = 1;
      ones = 0;
    end
  endtask

  task expect_outputs; exp_detected = (locked != 0); endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (detected !== exp_detected) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: detected is %b, expected %b", $time, detected, exp_detected);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {din, ack} = $random(seed);
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
      held = {din, ack, rst_n};
      {din, ack, rst_n} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {din, ack, rst_n} = held;
      expect_outputs;
    end
  endtask

  task reset_now;
    begin
      if (below(2)) scramble;
      rst_n = 1'b0;
      cycle;
      if (below(2)) scramble;
      if (below(2)) cycle;
      rst_n = 1'b1;
    end
  endtask

  initial begin
    checks = 0;
    errors = 0;
    seed = 535217;
    armed = 1'b0;
    clk = 1'b0;
    din = 0;
    ack = 0;
    rst_n = 1'b0;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst_n = 1'b1;

    repeat (900) begin
      din = (below(5) < 3);
      ack = (below(3) == 0);
      cycle;
      if (below(40) == 0) reset_now;
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
