`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg we;
  reg [3:0] be;
  reg [31:0] wdata;
  wire [31:0] rdata;
  reg [31:0] exp_rdata;
  integer checks, errors, seed;
  reg armed;

  register_byte_enable dut (.clk(clk), .rst(rst), .we(we), .be(be), .wdata(wdata), .rdata(rdata));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  reg [7:0] lane [0:3];

  task reset_model;
    begin lane[0] = 0; lane[1] = 0; lane[2] = 0; lane[3] = 0; end
  endtask

  task step_model;
    if (we) begin
      if (be[0]) lane[0] = wdata[7:0];
      if (be[1]) lane[1] = wdata[15:8];
      if (be[2]) lane[2] = wdata[23:16];
      if (be[3]) lane[3] = wdata[31:24];
    end
  endtask

  task expect_outputs; exp_rdata = {lane[3], lane[2], lane[1], lane[0]}; endtask

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

  reg [37:0] held;

  task scramble;
    {we, be, wdata} = {$random(seed), $random(seed)};
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
      held = {we, be, wdata, rst};
      {we, be, wdata, rst} = {$random(seed), $random(seed)};
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {we, be, wdata, rst} = held;
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
    seed = 600515;
    armed = 1'b0;
    clk = 1'b0;
    we = 0;
    be = 0;
    wdata = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    repeat (400) begin
      we = (below(3) != 0);
      be = below(16);
      wdata = $random(seed);
      cycle;
      if (below(30) == 0) reset_now;
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
