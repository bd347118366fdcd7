`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg btn;
  wire level;
  reg exp_level;
  wire pressed;
  reg exp_pressed;
  integer checks, errors, seed;
  reg armed;

  fsm_debounce dut (.clk(clk), .rst(rst), .btn(btn), .level(level), .pressed(pressed));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer lvl, run, pls;

  task reset_model;
    begin lvl = 0; run = 0; pls = 0; end
  endtask

  task step_model;
    begin
      pls = 0;
      run = (btn == lvl) ? 0 : run + 1;
      if (run == 4) begin
        lvl = 1 - lvl;
        pls = lvl;
        run = 0;
      end
    end
  endtask

  task expect_outputs;
    begin exp_level = lvl; exp_pressed = pls; end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (level !== exp_level) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: level is %b, expected %b", $time, level, exp_level);
        end
        checks = checks + 1;
        if (pressed !== exp_pressed) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: pressed is %b, expected %b", $time, pressed, exp_pressed);
        end
      end
    end
  endtask

  reg [1:0] held;

  task scramble;
    {btn} = $random(seed);
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
      held = {btn, rst};
      {btn, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {btn, rst} = held;
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
    seed = 285493;
    armed = 1'b0;
    clk = 1'b0;
    btn = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (60) begin
      btn = ~btn;
      repeat (1 + below(7)) cycle;
    end
    repeat (600) begin
      if (below(4) == 0) btn = ~btn;
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
