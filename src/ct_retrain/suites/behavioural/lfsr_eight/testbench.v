`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg en;
  reg load;
  reg [7:0] value;
  wire [7:0] state;
  reg [7:0] exp_state;
  wire bit_out;
  reg exp_bit_out;
  integer checks, errors, seed;
  reg armed;

  lfsr_eight dut (.clk(clk), .rst(rst), .en(en), .load(load), .value(value), .state(state), .bit_out(bit_out));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer s, k, ones;

  task reset_model; s = 255; endtask

  // The taps are the bits of the mask 10111000.
  task step_model;
    if (load) s = (value > 0) ? value : 1;
    else if (en) begin
      ones = 0;
      for (k = 0; k < 8; k = k + 1)
        if (((184 >> k) & 1) == 1) ones = ones + ((s >> k) % 2);
      s = (2 * s) % 256 + ones % 2;
    end
  endtask

  task expect_outputs;
    begin exp_state = s; exp_bit_out = s / 128; end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (state !== exp_state) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: state is %b, expected %b", $time, state, exp_state);
        end
        checks = checks + 1;
        if (bit_out !== exp_bit_out) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: bit_out is %b, expected %b", $time, bit_out, exp_bit_out);
        end
      end
    end
  endtask

  reg [10:0] held;

  task scramble;
    {en, load, value} = $random(seed);
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
      held = {en, load, value, rst};
      {en, load, value, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en, load, value, rst} = held;
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
    seed = 80681;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    load = 0;
    value = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    en = 1;
    repeat (258) cycle;
    repeat (400) begin
      en = (below(4) != 0);
      load = (below(10) == 0);
      value = below(4) == 0 ? 0 : below(256);
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
