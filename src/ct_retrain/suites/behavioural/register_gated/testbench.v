`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg en;
  reg test_en;
  reg [3:0] d;
  wire [3:0] q;
  reg [3:0] exp_q;
  wire [3:0] idle_cycles;
  reg [3:0] exp_idle_cycles;
  integer checks, errors, seed;
  reg armed;

  register_gated dut (.clk(clk), .rst(rst), .en(en), .test_en(test_en), .d(d), .q(q), .idle_cycles(idle_cycles));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer open, kept, quiet;

  task reset_model;
    begin open = 0; kept = 0; quiet = 0; end
  endtask

  task step_model;
    begin
      quiet = quiet + 1;
      if (open != 0) begin kept = d; quiet = 0; end
      open = en + test_en;
    end
  endtask

  task expect_outputs;
    begin exp_q = kept; exp_idle_cycles = (quiet > 15) ? 15 : quiet; end
  endtask

  integer rate;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (q !== exp_q) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: q is %b, expected %b", $time, q, exp_q);
        end
        checks = checks + 1;
        if (idle_cycles !== exp_idle_cycles) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: idle_cycles is %b, expected %b", $time, idle_cycles, exp_idle_cycles);
        end
      end
    end
  endtask

  reg [6:0] held;

  task scramble;
    {en, test_en, d} = $random(seed);
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
      held = {en, test_en, d, rst};
      {en, test_en, d, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en, test_en, d, rst} = held;
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
    seed = 165522;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    test_en = 0;
    d = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    rate = 2;
    en = 0; test_en = 0;
    repeat (20) cycle;
    repeat (700) begin
      if (below(40) == 0) rate = 2 + below(20);
      en = (below(rate) == 0);
      test_en = (below(rate * 2) == 0);
      d = below(16);
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
