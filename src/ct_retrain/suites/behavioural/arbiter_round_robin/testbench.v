`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg [3:0] req;
  reg advance;
  wire [3:0] gnt;
  reg [3:0] exp_gnt;
  wire [1:0] index;
  reg [1:0] exp_index;
  integer checks, errors, seed;
  reg armed;

  arbiter_round_robin dut (.clk(clk), .rst(rst), .req(req), .advance(advance), .gnt(gnt), .index(index));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // order[0..3]: the clients by priority; the one served goes last, with those before it.
  integer order [0:3];
  integer winner, i, turns, spare;

  task reset_model;
    begin order[0] = 0; order[1] = 1; order[2] = 2; order[3] = 3; end
  endtask

  task find_winner;
    begin
      winner = -1;
      for (i = 3; i >= 0; i = i - 1)
        if (req[order[i]]) winner = i;
    end
  endtask

  task step_model;
    begin
      find_winner;
      if (advance && winner >= 0)
        for (turns = 0; turns <= winner; turns = turns + 1) begin
          spare = order[0];
          order[0] = order[1];
          order[1] = order[2];
          order[2] = order[3];
          order[3] = spare;
        end
    end
  endtask

  task expect_outputs;
    begin
      find_winner;
      exp_gnt = (winner < 0) ? 0 : 1 << order[winner];
      exp_index = (winner < 0) ? 0 : order[winner];
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
        if (index !== exp_index) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: index is %b, expected %b", $time, index, exp_index);
        end
      end
    end
  endtask

  reg [5:0] held;

  task scramble;
    {req, advance} = $random(seed);
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
      held = {req, advance, rst};
      {req, advance, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {req, advance, rst} = held;
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
    seed = 834736;
    armed = 1'b0;
    clk = 1'b0;
    req = 0;
    advance = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    req = 15; advance = 1;
    repeat (9) cycle;
    repeat (600) begin
      req = below(16);
      advance = (below(3) != 0);
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
