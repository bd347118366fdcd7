`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg go;
  reg ack;
  wire req;
  reg exp_req;
  wire busy;
  reg exp_busy;
  wire timeout;
  reg exp_timeout;
  integer checks, errors, seed;
  reg armed;

  fsm_handshake dut (.clk(clk), .rst_n(rst_n), .go(go), .ack(ack), .req(req), .busy(busy), .timeout(timeout));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // waiting counts the edges without ack that are left; 0 outside a request.
  integer waiting, releasing, failed;

  task reset_model;
    begin waiting = 0; releasing = 0; failed = 0; end
  endtask

  task step_model;
    if (failed) failed = 0;
    else if (releasing) releasing = ack;
    else if (waiting > 0) begin
      if (ack) begin waiting = 0; releasing = 1; end
      else begin
        waiting = waiting - 1;
        failed = (waiting == 0);
      end
    end else if (go & ~ack) waiting = 6;
  endtask

  task expect_outputs;
    begin
      exp_req = (waiting > 0);
      exp_busy = (waiting > 0 || releasing != 0 || failed != 0);
      exp_timeout = failed;
    end
  endtask

  integer rate;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (req !== exp_req) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: req is %b, expected %b", $time, req, exp_req);
        end
        checks = checks + 1;
        if (busy !== exp_busy) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: busy is %b, expected %b", $time, busy, exp_busy);
        end
        checks = checks + 1;
        if (timeout !== exp_timeout) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: timeout is %b, expected %b", $time, timeout, exp_timeout);
        end
      end
    end
  endtask

  reg [1:0] held;

  task scramble;
    {go, ack} = $random(seed);
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
      held = {go, ack};
      {go, ack} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {go, ack} = held;
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
    seed = 233113;
    armed = 1'b0;
    clk = 1'b0;
    go = 0;
    ack = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    rate = 2;
    repeat (1200) begin
      if (below(30) == 0) rate = 1 + below(9);
      go = (below(3) != 0);
      ack = (below(rate) == 0);
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
