`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg valid;
  reg odd;
  reg [8:0] word;
  wire bad;
  reg exp_bad;
  wire [3:0] errors_seen;
  reg [3:0] exp_errors_seen;
  integer checks, errors, seed;
  reg armed;

  parity_checker dut (.clk(clk), .rst(rst), .valid(valid), .odd(odd), .word(word), .bad(bad), .errors_seen(errors_seen));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer ones, i, total, last;

  task reset_model;
    begin total = 0; last = 0; end
  endtask

  task step_model;
    begin
      ones = 0;
      for (i = 0; i < 9; i = i + 1) ones = ones + word[i];
      last = (valid && ones % 2 != odd);
      total = total + last;
    end
  endtask

  task expect_outputs;
    begin exp_bad = last; exp_errors_seen = (total > 15) ? 15 : total; end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (bad !== exp_bad) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: bad is %b, expected %b", $time, bad, exp_bad);
        end
        checks = checks + 1;
        if (errors_seen !== exp_errors_seen) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: errors_seen is %b, expected %b", $time, errors_seen, exp_errors_seen);
        end
      end
    end
  endtask

  reg [10:0] held;

  task scramble;
    {valid, odd, word} = $random(seed);
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
      held = {valid, odd, word};
      {valid, odd, word} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {valid, odd, word} = held;
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
        rst = 1'b1;
        reset_model;
        expect_outputs;
        #1 compare;
        clk = 1'b0;
        #1 compare;
      end else begin
        rst = 1'b1;
        reset_model;
        expect_outputs;
        #1 compare;
      end
      if (below(2)) scramble;
      if (below(2)) cycle;
      rst = 1'b0;
      expect_outputs;
      #1 compare;
    end
  endtask

  initial begin
    checks = 0;
    errors = 0;
    seed = 680592;
    armed = 1'b0;
    clk = 1'b0;
    valid = 0;
    odd = 0;
    word = 0;
    rst = 1'b0;
    reset_model;
    #1 rst = 1'b1;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst = 1'b0;

    repeat (800) begin
      valid = (below(4) != 0);
      odd = below(2);
      word = below(512);
      cycle;
      if (below(50) == 0) reset_now;
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
