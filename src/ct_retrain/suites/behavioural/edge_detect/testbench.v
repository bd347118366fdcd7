`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg sig;
  wire rise;
  reg exp_rise;
  wire fall;
  reg exp_fall;
  wire any;
  reg exp_any;
  integer checks, errors, seed;
  reg armed;

  edge_detect dut (.clk(clk), .rst_n(rst_n), .sig(sig), .rise(rise), .fall(fall), .any(any));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // Samples since reset, newest at index 0.
  integer past [0:2];

  task reset_model;
    begin past[0] = 0; past[1] = 0; past[2] = 0; end
  endtask

  task step_model;
    begin past[2] = past[1]; past[1] = past[0]; past[0] = sig; end
  endtask

  task expect_outputs;
    begin
      exp_rise = (past[1] > past[2]);
      exp_fall = (past[1] < past[2]);
      exp_any = (past[1] != past[2]);
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
        checks = checks + 1;
        if (any !== exp_any) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: any is %b, expected %b", $time, any, exp_any);
        end
      end
    end
  endtask

  reg held;

  task scramble;
    {sig} = $random(seed);
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
      held = {sig};
      {sig} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {sig} = held;
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
    seed = 399387;
    armed = 1'b0;
    clk = 1'b0;
    sig = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    repeat (400) begin
      if (below(3) == 0) sig = ~sig;
      cycle;
      if (below(15) == 0) reset_now;
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
