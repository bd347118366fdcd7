`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg we;
  reg [2:0] waddr;
  reg [7:0] wdata;
  reg [2:0] raddr_a;
  reg [2:0] raddr_b;
  wire [7:0] rdata_a;
  reg [7:0] exp_rdata_a;
  wire [7:0] rdata_b;
  reg [7:0] exp_rdata_b;
  integer checks, errors, seed;
  reg armed;

  register_file dut (.clk(clk), .rst(rst), .we(we), .waddr(waddr), .wdata(wdata), .raddr_a(raddr_a), .raddr_b(raddr_b), .rdata_a(rdata_a), .rdata_b(rdata_b));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // All registers in one word; register k is bits 8k to 8k+7.
  reg [63:0] contents;
  reg [7:0] last_b;

  task reset_model;
    begin contents = 0; last_b = 0; end
  endtask

  task step_model;
    begin
      if (we) contents[8 * waddr +: 8] = wdata;
      contents[7:0] = 0;
      last_b = contents >> (8 * raddr_b);
    end
  endtask

  task expect_outputs;
    begin exp_rdata_a = contents >> (8 * raddr_a); exp_rdata_b = last_b; end
  endtask

  integer k;

  task sweep;
    for (k = 0; k < 8; k = k + 1) begin
      we = 0; raddr_a = k; raddr_b = 7 - k; cycle;
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (rdata_a !== exp_rdata_a) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: rdata_a is %b, expected %b", $time, rdata_a, exp_rdata_a);
        end
        checks = checks + 1;
        if (rdata_b !== exp_rdata_b) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: rdata_b is %b, expected %b", $time, rdata_b, exp_rdata_b);
        end
      end
    end
  endtask

  reg [18:0] held;

  task scramble;
    {we, waddr, wdata, raddr_a, raddr_b} = $random(seed);
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
      held = {we, waddr, wdata, raddr_a, raddr_b, rst};
      {we, waddr, wdata, raddr_a, raddr_b, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {we, waddr, wdata, raddr_a, raddr_b, rst} = held;
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
    seed = 653365;
    armed = 1'b0;
    clk = 1'b0;
    we = 0;
    waddr = 0;
    wdata = 0;
    raddr_a = 0;
    raddr_b = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    for (k = 0; k < 8; k = k + 1) begin
      we = 1; waddr = k; wdata = 8'hf0 + k; raddr_a = k; raddr_b = k; cycle;
    end
    sweep;
    reset_now;
    sweep;
    repeat (700) begin
      we = (below(3) != 0);
      waddr = below(8);
      wdata = below(256);
      raddr_a = below(8);
      raddr_b = below(3) == 0 ? waddr : below(8);
      cycle;
      if (below(60) == 0) begin reset_now; sweep; end
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
