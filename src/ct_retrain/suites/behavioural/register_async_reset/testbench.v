`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg en;
  reg [7:0] d;
  wire [7:0] q;
  reg [7:0] exp_q;
  wire changed;
  reg exp_changed;
  integer checks, errors, seed;
  reg armed;

  register_async_reset dut (.clk(clk), .rst_n(rst_n), .en(en), .d(d), .q(q), .changed(changed));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer kept, differs;

  task reset_model;
    begin kept = 165; differs = 0; end
  endtask

  task step_model;
    begin
      differs = 0;
      if (en) begin
        differs = (kept != d);
        kept = d;
      end
    end
  endtask

  task expect_outputs;
    begin exp_q = kept; exp_changed = differs; end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (q !== exp_q) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: q is %b, expected %b", $time, q, exp_q);
        end
        checks = checks + 1;
        if (changed !== exp_changed) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: changed is %b, expected %b", $time, changed, exp_changed);
        end
      end
    end
  endtask

  reg [8:0] held;

  task scramble;
    {en, d} = $random(seed);
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
      held = {en, d};
      {en, d} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en, d} = held;
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
    seed = 281121;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    d = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    repeat (500) begin
      en = below(2);
      if (below(3) != 0) d = below(256);
      if (below(8) == 0) d = kept;
      cycle;
      if (below(20) == 0) reset_now;
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
