`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg update;
  reg taken;
  wire [2:0] count;
  reg [2:0] exp_count;
  wire predict;
  reg exp_predict;
  integer checks, errors, seed;
  reg armed;

  counter_saturating dut (.clk(clk), .rst(rst), .update(update), .taken(taken), .count(count), .predict(predict));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer c;

  task reset_model; c = 3; endtask

  task step_model;
    if (update) begin
      c = c + (taken ? 1 : -1);
      if (c > 7) c = 7;
      if (c < 0) c = 0;
    end
  endtask

  task expect_outputs;
    begin exp_count = c; exp_predict = (c > 3); end
  endtask

  integer bias;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (count !== exp_count) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: count is %b, expected %b", $time, count, exp_count);
        end
        checks = checks + 1;
        if (predict !== exp_predict) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: predict is %b, expected %b", $time, predict, exp_predict);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {update, taken} = $random(seed);
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
      held = {update, taken, rst};
      {update, taken, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {update, taken, rst} = held;
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
    seed = 266734;
    armed = 1'b0;
    clk = 1'b0;
    update = 0;
    taken = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    bias = 1;
    repeat (700) begin
      if (below(25) == 0) bias = 1 + below(5);
      update = (below(5) != 0);
      taken = (below(6) < bias);
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
