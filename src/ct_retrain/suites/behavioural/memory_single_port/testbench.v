`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg en;
  reg we;
  reg [3:0] addr;
  reg [7:0] wdata;
  wire [7:0] rdata;
  reg [7:0] exp_rdata;
  integer checks, errors, seed;
  reg armed;

  memory_single_port dut (.clk(clk), .rst(rst), .en(en), .we(we), .addr(addr), .wdata(wdata), .rdata(rdata));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  reg [127:0] contents;
  integer shown;

  task reset_model; shown = 0; endtask

  task step_model;
    if (en) begin
      if (we) contents[8 * addr +: 8] = wdata;
      shown = contents[8 * addr +: 8];
    end
  endtask

  task expect_outputs; exp_rdata = shown; endtask

  integer k;

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (rdata !== exp_rdata) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: rdata is %b, expected %b", $time, rdata, exp_rdata);
        end
      end
    end
  endtask

  reg [14:0] held;

  task scramble;
    {en, we, addr, wdata} = $random(seed);
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
      held = {en, we, addr, wdata, rst};
      {en, we, addr, wdata, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {en, we, addr, wdata, rst} = held;
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
    seed = 585216;
    armed = 1'b0;
    clk = 1'b0;
    en = 0;
    we = 0;
    addr = 0;
    wdata = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    en = 1; we = 1;
    for (k = 0; k < 16; k = k + 1) begin addr = k; wdata = below(256); cycle; end
    we = 0;
    for (k = 15; k >= 0; k = k - 1) begin addr = k; cycle; end
    repeat (700) begin
      en = (below(4) != 0);
      we = below(2);
      addr = below(16);
      wdata = below(256);
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
