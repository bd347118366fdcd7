`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg push;
  reg pop;
  reg [7:0] din;
  wire [7:0] top;
  reg [7:0] exp_top;
  wire [2:0] depth;
  reg [2:0] exp_depth;
  wire error;
  reg exp_error;
  integer checks, errors, seed;
  reg armed;

  memory_stack dut (.clk(clk), .rst_n(rst_n), .push(push), .pop(pop), .din(din), .top(top), .depth(depth), .error(error));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // The whole stack as one number in base 256, top word last.
  reg [39:0] pile;
  integer n, wrong;

  task reset_model;
    begin pile = 0; n = 0; wrong = 0; end
  endtask

  task step_model;
    begin
      if (pop && n > 0) begin pile = pile / 256; n = n - 1; end
      else if (pop && !push) wrong = 1;
      if (push) begin
        if (n < 4) begin pile = pile * 256 + din; n = n + 1; end
        else wrong = 1;
      end
    end
  endtask

  task expect_outputs;
    begin exp_top = pile % 256; exp_depth = n; exp_error = wrong; end
  endtask

  integer bias;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (top !== exp_top) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: top is %b, expected %b", $time, top, exp_top);
        end
        checks = checks + 1;
        if (depth !== exp_depth) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: depth is %b, expected %b", $time, depth, exp_depth);
        end
        checks = checks + 1;
        if (error !== exp_error) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: error is %b, expected %b", $time, error, exp_error);
        end
      end
    end
  endtask

  reg [9:0] held;

  task scramble;
    {push, pop, din} = $random(seed);
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
      held = {push, pop, din};
      {push, pop, din} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {push, pop, din} = held;
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
    seed = 552704;
    armed = 1'b0;
    clk = 1'b0;
    push = 0;
    pop = 0;
    din = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    bias = 5;
    repeat (1200) begin
      if (below(15) == 0) bias = 2 + below(7);
      push = (below(10) < bias);
      pop = (below(10) >= bias);
      din = below(256);
      cycle;
      if (below(25) == 0) reset_now;
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
