`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg start;
  reg [7:0] a;
  reg [7:0] b;
  wire busy;
  reg exp_busy;
  wire done;
  reg exp_done;
  wire [15:0] product;
  reg [15:0] exp_product;
  integer checks, errors, seed;
  reg armed;

  multiplier_sequential dut (.clk(clk), .rst(rst), .start(start), .a(a), .b(b), .busy(busy), .done(done), .product(product));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer remaining, pending, result, finished;

  task reset_model;
    begin remaining = 0; pending = 0; result = 0; finished = 0; end
  endtask

  task step_model;
    begin
      finished = 0;
      if (remaining > 0) begin
        remaining = remaining - 1;
        if (remaining == 0) begin result = pending; finished = 1; end
      end else if (start) begin
        pending = a * b;
        remaining = 8;
      end
    end
  endtask

  task expect_outputs;
    begin exp_busy = (remaining > 0); exp_done = finished; exp_product = result; end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (busy !== exp_busy) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: busy is %b, expected %b", $time, busy, exp_busy);
        end
        checks = checks + 1;
        if (done !== exp_done) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: done is %b, expected %b", $time, done, exp_done);
        end
        checks = checks + 1;
        if (product !== exp_product) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: product is %b, expected %b", $time, product, exp_product);
        end
      end
    end
  endtask

  reg [17:0] held;

  task scramble;
    {start, a, b} = $random(seed);
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
      held = {start, a, b, rst};
      {start, a, b, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {start, a, b, rst} = held;
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
    seed = 770675;
    armed = 1'b0;
    clk = 1'b0;
    start = 0;
    a = 0;
    b = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    start = 1; a = 255; b = 255;
    repeat (20) cycle;
    repeat (1200) begin
      start = (below(3) == 0);
      a = below(8) == 0 ? 255 : below(256);
      b = below(8) == 0 ? 128 : below(256);
      cycle;
      if (below(120) == 0) reset_now;
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
