`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg in_valid;
  reg [7:0] in_data;
  reg out_ready;
  wire in_ready;
  reg exp_in_ready;
  wire out_valid;
  reg exp_out_valid;
  wire [7:0] out_data;
  reg [7:0] exp_out_data;
  integer checks, errors, seed;
  reg armed;

  pipeline_register dut (.clk(clk), .rst_n(rst_n), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer stored, word;

  task reset_model;
    begin stored = 0; word = 0; end
  endtask

  task step_model;
    begin
      if (out_ready) stored = 0;
      if (in_valid && stored == 0) begin stored = 1; word = in_data; end
    end
  endtask

  task expect_outputs;
    begin
      exp_out_valid = stored;
      exp_out_data = word;
      exp_in_ready = (stored + (out_ready ? 0 : 1) < 2);
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (in_ready !== exp_in_ready) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: in_ready is %b, expected %b", $time, in_ready, exp_in_ready);
        end
        checks = checks + 1;
        if (out_valid !== exp_out_valid) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: out_valid is %b, expected %b", $time, out_valid, exp_out_valid);
        end
        checks = checks + 1;
        if (out_data !== exp_out_data) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: out_data is %b, expected %b", $time, out_data, exp_out_data);
        end
      end
    end
  endtask

  reg [9:0] held;

  task scramble;
    {in_valid, in_data, out_ready} = $random(seed);
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
      held = {in_valid, in_data, out_ready};
      {in_valid, in_data, out_ready} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {in_valid, in_data, out_ready} = held;
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
    seed = 715819;
    armed = 1'b0;
    clk = 1'b0;
    in_valid = 0;
    in_data = 0;
    out_ready = 0;
    rst_n = 1'b1;
    reset_model;
    #1 rst_n = 1'b0;
    expect_outputs;
    #1 armed = 1'b1;
    compare;
    cycle;
    rst_n = 1'b1;

    repeat (600) begin
      in_valid = (below(3) != 0);
      out_ready = (below(3) != 0);
      in_data = below(256);
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
