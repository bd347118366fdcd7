`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg [1:0] req;
  wire [1:0] gnt;
  reg [1:0] exp_gnt;
  integer checks, errors, seed;
  reg armed;

  fsm_arbiter dut (.clk(clk), .rst(rst), .req(req), .gnt(gnt));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer owner, previous, edges, other;

  task reset_model;
    begin owner = -1; previous = 1; edges = 0; end
  endtask

  task give(input integer who);
    begin
      owner = who;
      edges = 0;
      if (who >= 0) previous = who;
    end
  endtask

  task step_model;
    begin
      edges = edges + 1;
      if (owner < 0) begin
        if (req == 2'b11) give(1 - previous);
        else if (req != 0) give(req >> 1);
      end else begin
        other = 1 - owner;
        if (!req[owner]) give(req[other] ? other : -1);
        else if (req[other] && edges >= 4) give(other);
      end
    end
  endtask

  task expect_outputs;
    exp_gnt = {owner == 1, owner == 0};
  endtask

  integer rate;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (gnt !== exp_gnt) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: gnt is %b, expected %b", $time, gnt, exp_gnt);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {req} = $random(seed);
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
      held = {req, rst};
      {req, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {req, rst} = held;
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
    seed = 719133;
    armed = 1'b0;
    clk = 1'b0;
    req = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    req = 3; repeat (20) cycle;
    rate = 3;
    repeat (1200) begin
      if (below(40) == 0) rate = 2 + below(10);
      if (below(rate) == 0) req[0] = ~req[0];
      if (below(rate) == 0) req[1] = ~req[1];
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
