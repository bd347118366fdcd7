`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg trigger;
  reg [3:0] length;
  wire pulse;
  reg exp_pulse;
  integer checks, errors, seed;
  reg armed;

  pulse_stretcher dut (.clk(clk), .rst(rst), .trigger(trigger), .length(length), .pulse(pulse));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // now numbers the periods between edges; the pulse covers first..final.
  integer now, first, final_one, was;

  task reset_model;
    begin now = 0; first = 1; final_one = 0; was = 0; end
  endtask

  task step_model;
    begin
      now = now + 1;
      if (trigger && was == 0) begin first = now; final_one = now + length - 1; end
      was = trigger;
    end
  endtask

  task expect_outputs; exp_pulse = (now >= first && now <= final_one); endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (pulse !== exp_pulse) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: pulse is %b, expected %b", $time, pulse, exp_pulse);
        end
      end
    end
  endtask

  reg [5:0] held;

  task scramble;
    {trigger, length} = $random(seed);
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
      held = {trigger, length, rst};
      {trigger, length, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {trigger, length, rst} = held;
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
    seed = 89030;
    armed = 1'b0;
    clk = 1'b0;
    trigger = 0;
    length = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    trigger = 1; length = 15; cycle;
    trigger = 0; repeat (20) cycle;
    repeat (1200) begin
      trigger = (below(6) == 0) ? 1'b1 : (below(2) ? trigger : 1'b0);
      length = below(3) == 0 ? below(16) : below(4);
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
