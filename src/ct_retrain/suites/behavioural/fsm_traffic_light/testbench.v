`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg walk;
  wire red;
  reg exp_red;
  wire yellow;
  reg exp_yellow;
  wire green;
  reg exp_green;
  integer checks, errors, seed;
  reg armed;

  fsm_traffic_light dut (.clk(clk), .rst(rst), .walk(walk), .red(red), .yellow(yellow), .green(green));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // Lamp 0 red, 1 green, 2 yellow; remaining and spent edges in it.
  integer lamp, spent;

  task reset_model;
    begin lamp = 0; spent = 0; end
  endtask

  task change(input integer to);
    begin lamp = to; spent = 0; end
  endtask

  task step_model;
    begin
      spent = spent + 1;
      if (lamp == 0 && spent == 5) change(1);
      else if (lamp == 1 && (spent == 8 || (spent > 3 && walk))) change(2);
      else if (lamp == 2 && spent == 2) change(0);
    end
  endtask

  task expect_outputs;
    {exp_red, exp_green, exp_yellow} = 3'b100 >> lamp;
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (red !== exp_red) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: red is %b, expected %b", $time, red, exp_red);
        end
        checks = checks + 1;
        if (yellow !== exp_yellow) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: yellow is %b, expected %b", $time, yellow, exp_yellow);
        end
        checks = checks + 1;
        if (green !== exp_green) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: green is %b, expected %b", $time, green, exp_green);
        end
      end
    end
  endtask

  reg held;

  task scramble;
    {walk} = $random(seed);
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
      held = {walk};
      {walk} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {walk} = held;
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
    seed = 235376;
    armed = 1'b0;
    clk = 1'b0;
    walk = 0;
    rst = 1'b0;
    reset_model;
    #1 rst = 1'b1;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst = 1'b0;

    walk = 0;
    repeat (40) cycle;
    walk = 1;
    repeat (40) cycle;
    repeat (700) begin
      walk = (below(6) == 0);
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
