`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg en;
  reg din;
  wire match;
  reg exp_match;
  integer checks, errors, seed;
  reg armed;

  fsm_detect_1011_mealy dut (.clk(clk), .rst(rst), .en(en), .din(din), .match(match));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // The accepted bits themselves, newest in bit 0; 2 marks "no bit yet".
  integer hist [0:2];

  task reset_model;
    begin hist[0] = 2; hist[1] = 2; hist[2] = 2; end
  endtask

  task step_model;
    if (en) begin hist[2] = hist[1]; hist[1] = hist[0]; hist[0] = din; end
  endtask

  task expect_outputs;
    exp_match = (en && hist[2] == 1 && hist[1] == 0 && hist[0] == 1 && din);
  endtask

  integer k;
  reg [15:0] pattern;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (match !== exp_match) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: match is %b, expected %b", $time, match, exp_match);
        end
      end
    end
  endtask

  reg [2:0] held;

  task scramble;
    {en, din} = $random(seed);
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
      held = {en, din, rst};
      {en, din, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en, din, rst} = held;
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
    seed = 324262;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    din = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    en = 1;
    pattern = 16'b1011011010111011;
    for (k = 15; k >= 0; k = k - 1) begin din = pattern[k]; cycle; end
    repeat (600) begin
      en = (below(5) != 0);
      din = (below(5) < 3);
      cycle;
      if (below(40) == 0) reset_now;
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
