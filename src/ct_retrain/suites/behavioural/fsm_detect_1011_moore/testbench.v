`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg din;
  wire found;
  reg exp_found;
  integer checks, errors, seed;
  reg armed;

  fsm_detect_1011_moore dut (.clk(clk), .rst_n(rst_n), .din(din), .found(found));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // Bits not yet used up, newest in window[0], and how many there are.
  reg [3:0] window;
  integer fresh, hit;

  task reset_model;
    begin window = 0; fresh = 0; hit = 0; end
  endtask

  task step_model;
    begin
      window = {window[2:0], din};
      fresh = fresh + 1;
      hit = (fresh >= 4 && window == 4'hb);
      if (hit) fresh = 0;
    end
  endtask

  task expect_outputs; exp_found = (hit != 0); endtask

  integer k;
  reg [27:0] pattern;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (found !== exp_found) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: found is %b, expected %b", $time, found, exp_found);
        end
      end
    end
  endtask

  reg held;

  task scramble;
    {din} = $random(seed);
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
      held = {din};
      {din} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {din} = held;
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
    seed = 959601;
    armed = 1'b0;
    clk = 1'b0;
    din = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    pattern = 28'b1011011_10111011_0101011_100101;
    for (k = 27; k >= 0; k = k - 1) begin din = pattern[k]; cycle; end
    repeat (700) begin
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
