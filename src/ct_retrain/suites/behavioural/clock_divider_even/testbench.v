`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg en;
  wire out;
  reg exp_out;
  integer checks, errors, seed;
  reg armed;

  clock_divider_even dut (.clk(clk), .rst_n(rst_n), .en(en), .out(out));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer total;

  task reset_model; total = 0; endtask
  task step_model; total = total + en; endtask
  task expect_outputs; exp_out = (total / 3) % 2; endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (out !== exp_out) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: out is %b, expected %b", $time, out, exp_out);
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
    seed = 908322;
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
    repeat (25) cycle;
    repeat (500) begin
      en = (below(4) != 0);
      cycle;
      if (below(30) == 0) reset_now;
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
