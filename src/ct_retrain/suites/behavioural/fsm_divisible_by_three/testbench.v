`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg en;
  reg first;
  reg din;
  wire [1:0] remainder;
  reg [1:0] exp_remainder;
  wire divisible;
  reg exp_divisible;
  integer checks, errors, seed;
  reg armed;

  fsm_divisible_by_three dut (.clk(clk), .rst(rst), .en(en), .first(first), .din(din), .remainder(remainder), .divisible(divisible));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer n;

  task reset_model; n = 0; endtask

  // The remainder of a number is that of twice the remainder before it and its last digit.
  task step_model;
    if (en) n = ((first ? 0 : 2 * n) + din) % 3;
  endtask

  task expect_outputs;
    begin exp_remainder = n; exp_divisible = (n == 0); end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (remainder !== exp_remainder) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: remainder is %b, expected %b", $time, remainder, exp_remainder);
        end
        checks = checks + 1;
        if (divisible !== exp_divisible) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: divisible is %b, expected %b", $time, divisible, exp_divisible);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {en, first, din} = $random(seed);
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
      held = {en, first, din};
      {en, first, din} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en, first, din} = held;
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
    seed = 388944;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    first = 0;
    din = 0;
    rst = 1'b0;
    reset_model;
    #1 rst = 1'b1;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst = 1'b0;

    repeat (900) begin
      en = (below(4) != 0);
      first = (below(8) == 0);
      din = below(2);
      cycle;
      if (below(60) == 0) reset_now;
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
