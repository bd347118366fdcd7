`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg load;
  reg en;
  reg [7:0] value;
  wire [7:0] count;
  reg [7:0] exp_count;
  wire zero;
  reg exp_zero;
  wire done;
  reg exp_done;
  integer checks, errors, seed;
  reg armed;

  counter_load dut (.clk(clk), .rst(rst), .load(load), .en(en), .value(value), .count(count), .zero(zero), .done(done));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer left, ended, was;

  task reset_model;
    begin left = 0; ended = 0; end
  endtask

  task step_model;
    begin
      was = left;
      if (load) left = value;
      else if (en) left = (left > 0) ? left - 1 : 0;
      ended = (!load && was == 1 && left == 0);
    end
  endtask

  task expect_outputs;
    begin exp_count = left; exp_zero = (left == 0); exp_done = ended; end
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
        if (zero !== exp_zero) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: zero is %b, expected %b", $time, zero, exp_zero);
        end
        checks = checks + 1;
        if (done !== exp_done) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: done is %b, expected %b", $time, done, exp_done);
        end
      end
    end
  endtask

  reg [9:0] held;

  task scramble;
    {load, en, value} = $random(seed);
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
      held = {load, en, value};
      {load, en, value} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {load, en, value} = held;
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
    seed = 504778;
    armed = 1'b0;
    clk = 1'b0;
    load = 0;
    en = 0;
    value = 0;
    rst = 1'b0;
    reset_model;
    #1 rst = 1'b1;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst = 1'b0;

    value = 255; load = 1; cycle;
    load = 0; en = 1;
    repeat (260) cycle;
    repeat (700) begin
      load = (below(9) == 0);
      en = (below(4) != 0);
      value = below(3) == 0 ? below(256) : below(5);
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
