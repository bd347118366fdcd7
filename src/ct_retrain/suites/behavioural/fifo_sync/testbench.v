`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg push;
  reg pop;
  reg [7:0] din;
  wire [7:0] dout;
  reg [7:0] exp_dout;
  wire empty;
  reg exp_empty;
  wire full;
  reg exp_full;
  wire [2:0] count;
  reg [2:0] exp_count;
  wire overflow;
  reg exp_overflow;
  integer checks, errors, seed;
  reg armed;

  fifo_sync dut (.clk(clk), .rst(rst), .push(push), .pop(pop), .din(din), .dout(dout), .empty(empty), .full(full), .count(count), .overflow(overflow));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // queue[0] is the oldest word.
  integer queue [0:7];
  integer n, refused, i;

  task reset_model;
    begin n = 0; refused = 0; end
  endtask

  task step_model;
    begin
      refused = 0;
      if (pop && n > 0) begin
        for (i = 0; i < 6; i = i + 1) queue[i] = queue[i + 1];
        n = n - 1;
        if (push) begin queue[n] = din; n = n + 1; end
      end else if (push) begin
        if (n == 6) refused = 1;
        else begin queue[n] = din; n = n + 1; end
      end
    end
  endtask

  task expect_outputs;
    begin
      exp_empty = (n == 0);
      exp_full = (n == 6);
      exp_count = n;
      exp_dout = (n == 0) ? 0 : queue[0];
      exp_overflow = refused;
    end
  endtask

  integer bias;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (dout !== exp_dout) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: dout is %b, expected %b", $time, dout, exp_dout);
        end
        checks = checks + 1;
        if (empty !== exp_empty) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: empty is %b, expected %b", $time, empty, exp_empty);
        end
        checks = checks + 1;
        if (full !== exp_full) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: full is %b, expected %b", $time, full, exp_full);
        end
        checks = checks + 1;
        if (count !== exp_count) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: count is %b, expected %b", $time, count, exp_count);
        end
        checks = checks + 1;
        if (overflow !== exp_overflow) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: overflow is %b, expected %b", $time, overflow, exp_overflow);
        end
      end
    end
  endtask

  reg [10:0] held;

  task scramble;
    {push, pop, din} = $random(seed);
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
      held = {push, pop, din, rst};
      {push, pop, din, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {push, pop, din, rst} = held;
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
    seed = 336317;
    armed = 1'b0;
    clk = 1'b0;
    push = 0;
    pop = 0;
    din = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    push = 1; repeat (9) begin din = below(256); cycle; end
    pop = 1; repeat (9) begin din = below(256); cycle; end
    push = 0; repeat (9) cycle;
    bias = 5;
    repeat (900) begin
      if (below(30) == 0) bias = 2 + below(7);
      push = (below(10) < bias);
      pop = (below(10) >= bias - 1 + below(3));
      din = below(256);
      cycle;
      if (below(70) == 0) reset_now;
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
