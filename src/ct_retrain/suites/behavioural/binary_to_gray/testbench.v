`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg clk;
  reg rst_n;
  reg valid_in;
  reg [5:0] binary;
  wire [5:0] gray;
  reg [5:0] exp_gray;
  wire valid_out;
  reg exp_valid_out;
  wire [2:0] distance;
  reg [2:0] exp_distance;
  integer checks, errors, seed;
  reg armed;

  binary_to_gray dut (.clk(clk), .rst_n(rst_n), .valid_in(valid_in), .binary(binary), .gray(gray), .valid_out(valid_out), .distance(distance));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  // table_of[n] is built by reflection.
  integer table_of [0:63];
  integer half, i, kept, took, n;

  task reset_model;
    begin
      table_of[0] = 0;
      for (half = 1; half < 64; half = half * 2)
        for (i = 0; i < half; i = i + 1)
          table_of[half + i] = table_of[half - 1 - i] + half;
      kept = 0;
      took = 0;
    end
  endtask

  task step_model;
    begin
      took = valid_in;
      if (valid_in) kept = table_of[binary];
    end
  endtask

  task expect_outputs;
    begin
      exp_gray = kept;
      exp_valid_out = took;
      n = 0;
      for (i = 0; i < 6; i = i + 1)
        if (((kept >> i) & 1) != ((table_of[binary] >> i) & 1)) n = n + 1;
      exp_distance = n;
    end
  endtask

  task compare;
    begin
      if (armed) begin
        checks = checks + 1;
        if (gray !== exp_gray) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: gray is %b, expected %b", $time, gray, exp_gray);
        end
        checks = checks + 1;
        if (valid_out !== exp_valid_out) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: valid_out is %b, expected %b", $time, valid_out, exp_valid_out);
        end
        checks = checks + 1;
        if (distance !== exp_distance) begin
          errors = errors + 1;
          if (errors <= 5) $display("mismatch at %0d ns: distance is %b, expected %b", $time, distance, exp_distance);
        end
      end
    end
  endtask

  reg [7:0] held;

  task scramble;
    {valid_in, binary} = $random(seed);
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
      held = {valid_in, binary, rst_n};
      {valid_in, binary, rst_n} = $random(seed);
      expect_outputs;
      #2 compare;
      #1 clk = 1'b0;
      #1 compare;
      {valid_in, binary, rst_n} = held;
      expect_outputs;
    end
  endtask

  task reset_now;
    begin
      if (below(2)) scramble;
      rst_n = 1'b0;
      cycle;
      if (below(2)) scramble;
      if (below(2)) cycle;
      rst_n = 1'b1;
    end
  endtask

  initial begin
    checks = 0;
    errors = 0;
    seed = 444870;
    armed = 1'b0;
    clk = 1'b0;
    valid_in = 0;
    binary = 0;
    rst_n = 1'b0;
    reset_model;
    cycle;
    armed = 1'b1;
    cycle;
    rst_n = 1'b1;

    repeat (400) begin
      valid_in = (below(3) != 0);
      binary = below(64);
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
