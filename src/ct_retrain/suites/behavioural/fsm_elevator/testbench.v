`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg [2:0] call;
  wire [1:0] floor;
  reg [1:0] exp_floor;
  wire door;
  reg exp_door;
  integer checks, errors, seed;
  reg armed;

  fsm_elevator dut (.clk(clk), .rst(rst), .call(call), .floor(floor), .door(door));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer at, heading, open_left;
  integer higher, lower, i;

  task reset_model;
    begin at = 0; heading = 1; open_left = 0; end
  endtask

  task step_model;
    begin
      higher = 0;
      lower = 0;
      for (i = 0; i < 3; i = i + 1)
        if (call[i]) begin
          if (i > at) higher = 1;
          if (i < at) lower = 1;
        end
      if (open_left > 0) open_left = open_left - 1;
      else if (call[at]) open_left = 3;
      else if (higher && (heading == 1 || !lower)) begin at = at + 1; heading = 1; end
      else if (lower) begin at = at - 1; heading = -1; end
    end
  endtask

  task expect_outputs;
    begin exp_floor = at; exp_door = (open_left > 0); end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (floor !== exp_floor) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: floor is %b, expected %b", $time, floor, exp_floor);
        end
        checks = checks + 1;
        if (door !== exp_door) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: door is %b, expected %b", $time, door, exp_door);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {call} = $random(seed);
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
      held = {call};
      {call} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {call} = held;
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
        rst = 1'b1;
        reset_model;
        expect_outputs;
        #1 compare;
        clk = 1'b0;
        #1 compare;
      end else begin
        rst = 1'b1;
        reset_model;
        expect_outputs;
        #1 compare;
      end
      if (below(2)) scramble;
      if (below(2)) cycle;
      rst = 1'b0;
      expect_outputs;
      #1 compare;
    end
  endtask

  initial begin
    checks = 0;
    errors = 0;
    seed = 258412;
    armed = 1'b0;
    clk = 1'b0;
    call = 0;
    rst = 1'b0;
    reset_model;
    #1 rst = 1'b1;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst = 1'b0;

    repeat (1200) begin
      call = below(3) == 0 ? 3'd0 : below(8);
      if (below(3) != 0) call = call & ~(3'd1 << at);
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
