`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg en;
  wire [5:0] count;
  reg [5:0] exp_count;
  wire tc;
  reg exp_tc;
  integer checks, errors, seed;
  reg armed;

  counter_enable dut (.clk(clk), .rst_n(rst_n), .en(en), .count(count), .tc(tc));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer total;

  task reset_model; total = 0; endtask
  task step_model; if (en) total = total + 1; endtask

  task expect_outputs;
    begin
      exp_count = total % 64;
      exp_tc = (en && total % 64 == 63);
    end
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
        if (tc !== exp_tc) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: tc is %b, expected %b", $time, tc, exp_tc);
        end
      end
    end
  endtask

  reg held;

  task scramble;
    {en} = $random(seed);
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
      held = {en};
      {en} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en} = held;
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
    seed = 781750;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    en = 1;
    repeat (135) cycle;
    reset_now;
    repeat (400) begin
      en = (below(4) != 0);
      cycle;
      if (below(90) == 0) reset_now;
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
