`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg [3:0] duty;
  wire out;
  reg exp_out;
  wire first;
  reg exp_first;
  integer checks, errors, seed;
  reg armed;

  pwm dut (.clk(clk), .rst(rst), .duty(duty), .out(out), .first(first));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer total, wanted;

  task reset_model;
    begin total = 0; wanted = 0; end
  endtask

  task step_model;
    begin
      total = total + 1;
      if (total % 15 == 0) wanted = duty;
    end
  endtask

  task expect_outputs;
    begin
      exp_first = (total % 15 == 0);
      exp_out = (wanted > total % 15);
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (out !== exp_out) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: out is %b, expected %b", $time, out, exp_out);
        end
        checks = checks + 1;
        if (first !== exp_first) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: first is %b, expected %b", $time, first, exp_first);
        end
      end
    end
  endtask

  reg [3:0] held;

  task scramble;
    {duty} = $random(seed);
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
      held = {duty};
      {duty} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {duty} = held;
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
    seed = 189229;
    armed = 1'b0;
    clk = 1'b0;
    duty = 0;
    rst = 1'b0;
    reset_model;
    #1 rst = 1'b1;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst = 1'b0;

    duty = 15; repeat (35) cycle;
    duty = 1; repeat (35) cycle;
    duty = 14; repeat (35) cycle;
    repeat (1200) begin
      if (below(4) == 0) duty = below(16);
      cycle;
      if (below(200) == 0) reset_now;
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
