`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg load;
  reg shift;
  reg [7:0] d;
  wire sout;
  reg exp_sout;
  wire empty;
  reg exp_empty;
  integer checks, errors, seed;
  reg armed;

  shift_piso dut (.clk(clk), .rst(rst), .load(load), .shift(shift), .d(d), .sout(sout), .empty(empty));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // position of the bit shown; -1 when empty.
  integer position;
  reg [7:0] taken;

  task reset_model;
    begin position = -1; taken = 0; end
  endtask

  task step_model;
    if (load) begin taken = d; position = 7; end
    else if (shift && position >= 0) position = position - 1;
  endtask

  task expect_outputs;
    begin
      exp_empty = (position < 0);
      exp_sout = (position < 0) ? 1'b0 : taken[position];
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (sout !== exp_sout) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: sout is %b, expected %b", $time, sout, exp_sout);
        end
        checks = checks + 1;
        if (empty !== exp_empty) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: empty is %b, expected %b", $time, empty, exp_empty);
        end
      end
    end
  endtask

  reg [9:0] held;

  task scramble;
    {load, shift, d} = $random(seed);
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
      held = {load, shift, d};
      {load, shift, d} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {load, shift, d} = held;
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
    seed = 868561;
    armed = 1'b0;
    clk = 1'b0;
    load = 0;
    shift = 0;
    d = 0;
    rst = 1'b0;
    reset_model;
    #1 rst = 1'b1;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst = 1'b0;

    d = 8'h81; load = 1; cycle;
    load = 0; shift = 1;
    repeat (12) cycle;
    repeat (900) begin
      load = (below(14) == 0);
      shift = (below(5) != 0);
      d = below(256);
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
