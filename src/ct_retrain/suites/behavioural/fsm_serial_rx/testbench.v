`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst;
  reg rx;
  wire [7:0] data;
  reg [7:0] exp_data;
  wire valid;
  reg exp_valid;
  wire frame_error;
  reg exp_frame_error;
  integer checks, errors, seed;
  reg armed;

  fsm_serial_rx dut (.clk(clk), .rst(rst), .rx(rx), .data(data), .valid(valid), .frame_error(frame_error));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // place: -1 idle, -2 waiting for the line, 0..8 number of the next bit.
  integer place, value, last, good, bad;

  task reset_model;
    begin place = -1; value = 0; last = 0; good = 0; bad = 0; end
  endtask

  task step_model;
    begin
      good = 0;
      bad = 0;
      if (place == -2) begin
        if (rx) place = -1;
      end else if (place == -1) begin
        if (!rx) begin place = 0; value = 0; end
      end else if (place < 8) begin
        if (rx) value = value + (1 << place);
        place = place + 1;
      end else if (rx) begin
        last = value;
        good = 1;
        place = -1;
      end else begin
        bad = 1;
        place = -2;
      end
    end
  endtask

  task expect_outputs;
    begin exp_data = last; exp_valid = good; exp_frame_error = bad; end
  endtask

  integer k, word;

  task send(input integer value8, input stop);
    begin
      rx = 0; cycle;
      for (k = 0; k < 8; k = k + 1) begin rx = (value8 >> k) & 1; cycle; end
      rx = stop; cycle;
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (data !== exp_data) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: data is %b, expected %b", $time, data, exp_data);
        end
        checks = checks + 1;
        if (valid !== exp_valid) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: valid is %b, expected %b", $time, valid, exp_valid);
        end
        checks = checks + 1;
        if (frame_error !== exp_frame_error) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: frame_error is %b, expected %b", $time, frame_error, exp_frame_error);
        end
      end
    end
  endtask

  reg [1:0] held;

  task scramble;
    {rx} = $random(seed);
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
      held = {rx, rst};
      {rx, rst} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {rx, rst} = held;
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
    seed = 124513;
    armed = 1'b0;
    clk = 1'b0;
    rx = 0;
    rst = 1'b1;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst = 1'b0;

    send(8'ha5, 1); send(8'h01, 1); send(8'h80, 1); send(8'h3c, 0);
    rx = 0; cycle; cycle; rx = 1; cycle;
    repeat (70) begin
      send(below(256), below(4) != 0);
      rx = 1;
      repeat (below(3)) cycle;
      if (below(8) == 0) reset_now;
    end
    repeat (500) begin
      rx = below(3) != 0;
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
