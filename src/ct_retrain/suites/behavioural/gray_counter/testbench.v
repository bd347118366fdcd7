`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg en;
  reg down;
  wire [3:0] gray;
  reg [3:0] exp_gray;
  integer checks, errors, seed;
  reg armed;

  gray_counter dut (.clk(clk), .rst_n(rst_n), .en(en), .down(down), .gray(gray));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  reg [63:0] words;
  integer at;

  task reset_model;
    begin words = 64'h89ba_efdc_4576_2310; at = 0; end
  endtask

  task step_model;
    if (en) at = (at + (down ? 15 : 1)) % 16;
  endtask

  task expect_outputs; exp_gray = words >> (4 * at); endtask

  integer bias;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (gray !== exp_gray) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: gray is %b, expected %b", $time, gray, exp_gray);
        end
      end
    end
  endtask

  reg [1:0] held;

  task scramble;
    {en, down} = $random(seed);
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
      held = {en, down};
      {en, down} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en, down} = held;
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
    seed = 573862;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    down = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    en = 1; down = 0; repeat (20) cycle;
    down = 1; repeat (24) cycle;
    bias = 1;
    repeat (500) begin
      if (below(40) == 0) bias = below(6);
      en = (below(5) != 0);
      down = (below(5) < bias);
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
