`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg open_req;
  reg obstacle;
  reg at_open;
  reg at_closed;
  wire [1:0] motor;
  reg [1:0] exp_motor;
  integer checks, errors, seed;
  reg armed;

  fsm_door dut (.clk(clk), .rst(rst), .open_req(open_req), .obstacle(obstacle), .at_open(at_open), .at_closed(at_closed), .motor(motor));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // place: -1 closed, 0 moving, 1 open; heading: +1 opening, -1 closing.
  integer place, heading, edges;

  task reset_model;
    begin place = -1; heading = 1; edges = 0; end
  endtask

  task step_model;
    if (place == -1) begin
      if (open_req) begin place = 0; heading = 1; end
    end else if (place == 1) begin
      edges = edges + 1;
      if (edges >= 3 && !(open_req | obstacle)) begin place = 0; heading = -1; end
    end else if (heading == 1) begin
      if (at_open) begin place = 1; edges = 0; end
    end else if (open_req | obstacle) heading = 1;
    else if (at_closed) place = -1;
  endtask

  task expect_outputs;
    exp_motor = (place != 0) ? 0 : (heading == 1) ? 1 : 2;
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (motor !== exp_motor) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: motor is %b, expected %b", $time, motor, exp_motor);
        end
      end
    end
  endtask

  reg [4:0] held;

  task scramble;
    {open_req, obstacle, at_open, at_closed} = $random(seed);
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
      held = {open_req, obstacle, at_open, at_closed, rst};
      {open_req, obstacle, at_open, at_closed, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {open_req, obstacle, at_open, at_closed, rst} = held;
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
    seed = 981572;
    armed = 1'b0;
    clk = 1'b0;
    open_req = 0;
    obstacle = 0;
    at_open = 0;
    at_closed = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (1500) begin
      open_req = (below(4) == 0);
      obstacle = (below(5) == 0);
      at_open = (below(3) == 0);
      at_closed = (below(3) == 0);
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
