`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg [3:0] key;
  reg press;
  wire unlocked;
  reg exp_unlocked;
  wire alarm;
  reg exp_alarm;
  integer checks, errors, seed;
  reg armed;

  fsm_combination_lock dut (.clk(clk), .rst_n(rst_n), .key(key), .press(press), .unlocked(unlocked), .alarm(alarm));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // The keys of the present group, read as a decimal-like number in base 16.
  integer taken, number, opened, fails;

  task reset_model;
    begin taken = 0; number = 0; opened = 0; fails = 0; end
  endtask

  task step_model;
    if (press && fails < 3) begin
      if (opened) begin
        opened = 0;
        fails = 0;
      end else begin
        number = number * 16 + key;
        taken = taken + 1;
        if (taken == 3) begin
          if (number == 'h729) opened = 1;
          else fails = fails + 1;
          taken = 0;
          number = 0;
        end
      end
    end
  endtask

  task expect_outputs;
    begin exp_unlocked = opened; exp_alarm = (fails == 3); end
  endtask

  task tap(input integer k);
    begin
      press = 0;
      repeat (below(2)) begin key = below(16); cycle; end
      key = k;
      press = 1;
      cycle;
      press = 0;
    end
  endtask

  integer want;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (unlocked !== exp_unlocked) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: unlocked is %b, expected %b", $time, unlocked, exp_unlocked);
        end
        checks = checks + 1;
        if (alarm !== exp_alarm) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: alarm is %b, expected %b", $time, alarm, exp_alarm);
        end
      end
    end
  endtask

  reg [4:0] held;

  task scramble;
    {key, press} = $random(seed);
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
      held = {key, press};
      {key, press} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {key, press} = held;
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
    seed = 985212;
    armed = 1'b0;
    clk = 1'b0;
    key = 0;
    press = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    tap(7); tap(2); tap(9); cycle; tap(7);
    tap(7); tap(2); tap(9); tap(1);
    tap(7); tap(2); tap(8); tap(1); tap(7); tap(2); tap(9); tap(7); tap(2); tap(9);
    cycle; cycle;
    repeat (500) begin
      want = (opened != 0) ? below(16) : (taken == 0) ? 7 : (taken == 1) ? 2 : 9;
      if (below(6) == 0) want = below(16);
      if (below(12) == 0) want = want ^ (1 << below(4));
      tap(want);
      if (below(25) == 0) reset_now;
      if (fails == 3 && below(4) == 0) reset_now;
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
