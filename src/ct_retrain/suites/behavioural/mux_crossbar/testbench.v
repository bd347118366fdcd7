`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg [15:0] in;
  reg [1:0] sel_a;
  reg [1:0] sel_b;
  reg hold;
  wire [3:0] out_a;
  reg [3:0] exp_out_a;
  wire [3:0] out_b;
  reg [3:0] exp_out_b;
  wire same;
  reg exp_same;
  integer checks, errors, seed;
  reg armed;

  mux_crossbar dut (.clk(clk), .rst(rst), .in(in), .sel_a(sel_a), .sel_b(sel_b), .hold(hold), .out_a(out_a), .out_b(out_b), .same(same));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer va, vb, weight;

  task reset_model;
    begin va = 0; vb = 0; end
  endtask

  function integer nibble(input integer word, input integer k);
    nibble = (word / (k == 0 ? 1 : k == 1 ? 16 : k == 2 ? 256 : 4096)) % 16;
  endfunction

  task step_model;
    if (!hold) begin
      va = nibble(in, sel_a);
      vb = nibble(in, sel_b);
    end
  endtask

  task expect_outputs;
    begin exp_out_a = va; exp_out_b = vb; exp_same = (va - vb == 0); end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (out_a !== exp_out_a) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: out_a is %b, expected %b", $time, out_a, exp_out_a);
        end
        checks = checks + 1;
        if (out_b !== exp_out_b) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: out_b is %b, expected %b", $time, out_b, exp_out_b);
        end
        checks = checks + 1;
        if (same !== exp_same) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: same is %b, expected %b", $time, same, exp_same);
        end
      end
    end
  endtask

  reg [21:0] held;

  task scramble;
    {in, sel_a, sel_b, hold} = $random(seed);
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
      held = {in, sel_a, sel_b, hold, rst};
      {in, sel_a, sel_b, hold, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {in, sel_a, sel_b, hold, rst} = held;
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
    seed = 356608;
    armed = 1'b0;
    clk = 1'b0;
    in = 0;
    sel_a = 0;
    sel_b = 0;
    hold = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (500) begin
      in = $random(seed);
      sel_a = below(4);
      sel_b = below(4);
      hold = (below(4) == 0);
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
