`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg en;
  wire [3:0] tens;
  reg [3:0] exp_tens;
  wire [3:0] ones;
  reg [3:0] exp_ones;
  wire carry;
  reg exp_carry;
  integer checks, errors, seed;
  reg armed;

  counter_bcd dut (.clk(clk), .rst_n(rst_n), .en(en), .tens(tens), .ones(ones), .carry(carry));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer total;

  task reset_model; total = 0; endtask
  task step_model; total = total + en; endtask

  task expect_outputs;
    begin
      exp_tens = (total / 10) % 10;
      exp_ones = total % 10;
      exp_carry = (en && total % 100 == 99);
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (tens !== exp_tens) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: tens is %b, expected %b", $time, tens, exp_tens);
        end
        checks = checks + 1;
        if (ones !== exp_ones) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: ones is %b, expected %b", $time, ones, exp_ones);
        end
        checks = checks + 1;
        if (carry !== exp_carry) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: carry is %b, expected %b", $time, carry, exp_carry);
        end
      end
    end
  endtask

  reg held;

  task scramble;
    {en} = $random(seed);
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
      held = {en};
      {en} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en} = held;
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
    seed = 206754;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    en = 1;
    repeat (215) cycle;
    repeat (500) begin
      en = (below(5) != 0);
      cycle;
      if (below(200) == 0) reset_now;
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
