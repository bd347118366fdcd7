`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg [2:0] mode;
  reg left_in;
  reg right_in;
  reg [7:0] d;
  wire [7:0] q;
  reg [7:0] exp_q;
  integer checks, errors, seed;
  reg armed;

  shift_bidirectional dut (.clk(clk), .rst(rst), .mode(mode), .left_in(left_in), .right_in(right_in), .d(d), .q(q));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer v, mirrored, i;

  task reset_model; v = 0; endtask

  task step_model;
    case (mode)
      1: v = (v * 2 + left_in) % 256;
      2: v = v / 2 + 128 * right_in;
      3: v = d;
      4: v = (v * 2) % 256 + v / 128;
      5: v = v / 2 + 128 * (v % 2);
      6: v = v / 2 + (v >= 128 ? 128 : 0);
      7: begin
        mirrored = 0;
        for (i = 0; i < 8; i = i + 1) mirrored = mirrored * 2 + ((v >> i) % 2);
        v = mirrored;
      end
      default: v = v;
    endcase
  endtask

  task expect_outputs; exp_q = v; endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (q !== exp_q) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: q is %b, expected %b", $time, q, exp_q);
        end
      end
    end
  endtask

  reg [13:0] held;

  task scramble;
    {mode, left_in, right_in, d} = $random(seed);
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
      held = {mode, left_in, right_in, d, rst};
      {mode, left_in, right_in, d, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {mode, left_in, right_in, d, rst} = held;
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
    seed = 665814;
    armed = 1'b0;
    clk = 1'b0;
    mode = 0;
    left_in = 0;
    right_in = 0;
    d = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (900) begin
      mode = below(8);
      left_in = below(2);
      right_in = below(2);
      d = below(256);
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
