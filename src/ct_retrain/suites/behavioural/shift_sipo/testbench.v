`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg en;
  reg sin;
  wire [7:0] word;
  reg [7:0] exp_word;
  wire ready;
  reg exp_ready;
  integer checks, errors, seed;
  reg armed;

  shift_sipo dut (.clk(clk), .rst_n(rst_n), .en(en), .sin(sin), .word(word), .ready(ready));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer taken, sum, last, fresh;

  task reset_model;
    begin taken = 0; sum = 0; last = 0; fresh = 0; end
  endtask

  task step_model;
    begin
      fresh = 0;
      if (en) begin
        if (sin) sum = sum + (1 << taken);
        taken = taken + 1;
        if (taken == 8) begin last = sum; sum = 0; taken = 0; fresh = 1; end
      end
    end
  endtask

  task expect_outputs;
    begin exp_word = last; exp_ready = fresh; end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (word !== exp_word) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: word is %b, expected %b", $time, word, exp_word);
        end
        checks = checks + 1;
        if (ready !== exp_ready) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: ready is %b, expected %b", $time, ready, exp_ready);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {en, sin} = $random(seed);
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
      held = {en, sin, rst_n};
      {en, sin, rst_n} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en, sin, rst_n} = held;
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
    seed = 670358;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    sin = 0;
    rst_n = 1'b0;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst_n = 1'b1;

    repeat (1000) begin
      en = (below(5) != 0);
      sin = below(2);
      cycle;
      if (below(70) == 0) reset_now;
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
