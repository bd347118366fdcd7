`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
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

  skid_buffer dut (.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // A log of every word accepted since reset, with read and write positions.
  integer history [0:4095];
  integer written, read, room;

  task reset_model;
    begin written = 0; read = 0; end
  endtask

  task step_model;
    begin
      room = (written - read < 2);
      if (out_ready && read < written) read = read + 1;
      if (in_valid && room) begin history[written] = in_data; written = written + 1; end
    end
  endtask

  task expect_outputs;
    begin
      exp_in_ready = (written - read < 2);
      exp_out_valid = (written > read);
      exp_out_data = (written > read) ? history[read] : 0;
    end
  endtask

  integer bias;

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

  reg [10:0] held;

  task scramble;
    {in_valid, in_data, out_ready} = $random(seed);
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
      held = {in_valid, in_data, out_ready, rst};
      {in_valid, in_data, out_ready, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {in_valid, in_data, out_ready, rst} = held;
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
    seed = 129460;
    armed = 1'b0;
    clk = 1'b0;
    in_valid = 0;
    in_data = 0;
    out_ready = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    bias = 5;
    repeat (900) begin
      if (below(25) == 0) bias = 2 + below(7);
      in_valid = (below(10) < bias);
      out_ready = (below(10) >= bias - 2);
      in_data = below(256);
      cycle;
      if (below(50) == 0) reset_now;
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
