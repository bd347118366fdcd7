`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg [3:0] req;
  reg lock;
  wire [3:0] gnt;
  reg [3:0] exp_gnt;
  wire busy;
  reg exp_busy;
  integer checks, errors, seed;
  reg armed;

  arbiter_fixed dut (.clk(clk), .rst_n(rst_n), .req(req), .lock(lock), .gnt(gnt), .busy(busy));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer owner, i;

  task reset_model; owner = -1; endtask

  task step_model;
    if (owner < 0 || !lock || !req[owner]) begin
      owner = -1;
      for (i = 3; i >= 0; i = i - 1)
        if (req[i]) owner = i;
    end
  endtask

  task expect_outputs;
    begin
      exp_gnt = 0;
      if (owner >= 0) exp_gnt[owner] = 1'b1;
      exp_busy = (owner >= 0);
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (gnt !== exp_gnt) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: gnt is %b, expected %b", $time, gnt, exp_gnt);
        end
        checks = checks + 1;
        if (busy !== exp_busy) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: busy is %b, expected %b", $time, busy, exp_busy);
        end
      end
    end
  endtask

  reg [4:0] held;

  task scramble;
    {req, lock} = $random(seed);
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
      held = {req, lock};
      {req, lock} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {req, lock} = held;
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
    seed = 572541;
    armed = 1'b0;
    clk = 1'b0;
    req = 0;
    lock = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    repeat (700) begin
      req = req ^ (4'd1 << below(4));
      if (below(4) == 0) req = below(16);
      lock = below(2);
      cycle;
      if (below(50) == 0) reset_now;
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
