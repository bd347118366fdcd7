`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg clear;
  reg en;
  reg din;
  wire [7:0] crc;
  reg [7:0] exp_crc;
  wire ok;
  reg exp_ok;
  integer checks, errors, seed;
  reg armed;

  crc_eight dut (.clk(clk), .rst_n(rst_n), .clear(clear), .en(en), .din(din), .crc(crc), .ok(ok));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // The message so far times x^8, reduced by the polynomial 9'h107.
  integer rest;

  task reset_model; rest = 0; endtask

  task step_model;
    if (clear) rest = 0;
    else if (en) begin
      rest = (2 * rest) ^ (256 * din);
      if ((rest / 256) % 2 == 1) rest = rest ^ 'h107;
    end
  endtask

  task expect_outputs;
    begin exp_crc = rest; exp_ok = (rest == 0); end
  endtask

  integer k, j;

  task message(input integer value8);
    for (k = 7; k >= 0; k = k - 1) begin
      clear = 0; en = 1; din = (value8 >> k) & 1; cycle;
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (crc !== exp_crc) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: crc is %b, expected %b", $time, crc, exp_crc);
        end
        checks = checks + 1;
        if (ok !== exp_ok) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: ok is %b, expected %b", $time, ok, exp_ok);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {clear, en, din} = $random(seed);
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
      held = {clear, en, din};
      {clear, en, din} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {clear, en, din} = held;
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
    seed = 187895;
    armed = 1'b0;
    clk = 1'b0;
    clear = 0;
    en = 0;
    din = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    message(8'h01);
    clear = 1; cycle;
    for (j = 1; j < 10; j = j + 1) message(48 + j);
    repeat (300) cycle;
    repeat (600) begin
      clear = (below(20) == 0);
      en = (below(4) != 0);
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
