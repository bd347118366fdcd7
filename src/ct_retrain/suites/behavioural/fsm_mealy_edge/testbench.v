`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg din;
  wire rise;
  reg exp_rise;
  wire fall;
  reg exp_fall;
  integer checks, errors, seed;
  reg armed;

  fsm_mealy_edge dut (.clk(clk), .rst(rst), .din(din), .rise(rise), .fall(fall));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer last;

  task reset_model; last = 0; endtask
  task step_model; last = din; endtask

  task expect_outputs;
    begin
      exp_rise = (din - last == 1);
      exp_fall = (last - din == 1);
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (rise !== exp_rise) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: rise is %b, expected %b", $time, rise, exp_rise);
        end
        checks = checks + 1;
        if (fall !== exp_fall) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: fall is %b, expected %b", $time, fall, exp_fall);
        end
      end
    end
  endtask

  reg [1:0] held;

  task scramble;
    {din} = $random(seed);
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
      held = {din, rst};
      {din, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {din, rst} = held;
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
    seed = 835282;
    armed = 1'b0;
    clk = 1'b0;
    din = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (300) begin
      din = below(2);
      cycle;
      if (below(20) == 0) reset_now;
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
