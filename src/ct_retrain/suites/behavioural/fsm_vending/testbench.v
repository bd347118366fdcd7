`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg [1:0] coin;
  reg cancel;
  wire vend;
  reg exp_vend;
  wire [4:0] change;
  reg [4:0] exp_change;
  integer checks, errors, seed;
  reg armed;

  fsm_vending dut (.clk(clk), .rst(rst), .coin(coin), .cancel(cancel), .vend(vend), .change(change));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer cents, sold, back;
  integer worth [0:3];

  task reset_model;
    begin
      worth[0] = 0; worth[1] = 5; worth[2] = 10; worth[3] = 25;
      cents = 0; sold = 0; back = 0;
    end
  endtask

  task step_model;
    begin
      sold = 0;
      back = 0;
      if (!cancel) cents = cents + worth[coin];
      if (cancel || cents > 29) begin
        sold = !cancel;
        back = cents - (cancel ? 0 : 30);
        cents = 0;
      end
    end
  endtask

  task expect_outputs;
    begin exp_vend = sold; exp_change = back; end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (vend !== exp_vend) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: vend is %b, expected %b", $time, vend, exp_vend);
        end
        checks = checks + 1;
        if (change !== exp_change) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: change is %b, expected %b", $time, change, exp_change);
        end
      end
    end
  endtask

  reg [3:0] held;

  task scramble;
    {coin, cancel} = $random(seed);
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
      held = {coin, cancel, rst};
      {coin, cancel, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {coin, cancel, rst} = held;
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
    seed = 504260;
    armed = 1'b0;
    clk = 1'b0;
    coin = 0;
    cancel = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (900) begin
      coin = below(4);
      cancel = (below(8) == 0);
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
