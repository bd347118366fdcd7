`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg start;
  reg ok;
  reg stop;
  wire [4:0] state;
  reg [4:0] exp_state;
  integer checks, errors, seed;
  reg armed;

  fsm_one_hot dut (.clk(clk), .rst(rst), .start(start), .ok(ok), .stop(stop), .state(state));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer now;

  task reset_model; now = 0; endtask

  task step_model;
    case (now)
      0: now = start ? 1 : 0;
      1: now = stop ? 4 : ok ? 2 : 1;
      2: now = stop ? 4 : ok ? 3 : 1;
      3: now = start ? 1 : 0;
      default: if (ok && !stop) now = 0;
    endcase
  endtask

  task expect_outputs;
    exp_state = 1 << now;
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (state !== exp_state) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: state is %b, expected %b", $time, state, exp_state);
        end
      end
    end
  endtask

  reg [3:0] held;

  task scramble;
    {start, ok, stop} = $random(seed);
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
      held = {start, ok, stop, rst};
      {start, ok, stop, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {start, ok, stop, rst} = held;
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
    seed = 778185;
    armed = 1'b0;
    clk = 1'b0;
    start = 0;
    ok = 0;
    stop = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (1200) begin
      start = below(2);
      ok = below(2);
      stop = (below(4) == 0);
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
