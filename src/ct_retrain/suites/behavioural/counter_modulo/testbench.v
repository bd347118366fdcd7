`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg en;
  reg clear;
  wire [3:0] count;
  reg [3:0] exp_count;
  wire carry;
  reg exp_carry;
  integer checks, errors, seed;
  reg armed;

  counter_modulo dut (.clk(clk), .rst_n(rst_n), .en(en), .clear(clear), .count(count), .carry(carry));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer total, wrapped;

  task reset_model;
    begin total = 0; wrapped = 0; end
  endtask

  task step_model;
    begin
      wrapped = (en && !clear && total % 12 == 11);
      total = clear ? 0 : total + en;
    end
  endtask

  task expect_outputs;
    begin exp_count = total % 12; exp_carry = wrapped; end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (count !== exp_count) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: count is %b, expected %b", $time, count, exp_count);
        end
        checks = checks + 1;
        if (carry !== exp_carry) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: carry is %b, expected %b", $time, carry, exp_carry);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {en, clear} = $random(seed);
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
      held = {en, clear, rst_n};
      {en, clear, rst_n} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en, clear, rst_n} = held;
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
    seed = 629868;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    clear = 0;
    rst_n = 1'b0;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst_n = 1'b1;

    en = 1; repeat (30) cycle;
    repeat (800) begin
      en = (below(5) != 0);
      clear = (total % 12 == 11) ? below(3) == 0 : below(30) == 0;
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
