`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [11:0] onehot;
  wire [3:0] binary;
  reg [3:0] exp_binary;
  wire none;
  reg exp_none;
  wire error;
  reg exp_error;
  integer checks, errors, seed;

  onehot_to_binary dut (.onehot(onehot), .binary(binary), .none(none), .error(error));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  integer i, n, where;

  task expect_outputs;
    begin
      n = 0;
      where = 0;
      for (i = 0; i < 12; i = i + 1)
        if (onehot[i]) begin n = n + 1; where = i; end
      exp_none = (n == 0);
      exp_error = (n > 1);
      exp_binary = (n > 1) ? 15 : where;
    end
  endtask

  integer k, j;

  task compare;
    begin
      checks = checks + 1;
      if (binary !== exp_binary) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: binary is %b, expected %b", $time, binary, exp_binary);
      end
      checks = checks + 1;
      if (none !== exp_none) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: none is %b, expected %b", $time, none, exp_none);
      end
      checks = checks + 1;
      if (error !== exp_error) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: error is %b, expected %b", $time, error, exp_error);
      end
    end
  endtask

  task apply;
    begin
      expect_outputs;
      #5 compare;
      #5 compare;
    end
  endtask

  initial begin
    checks = 0;
    errors = 0;
    seed = 372472;

    onehot = 0; apply;
    for (k = 0; k < 12; k = k + 1)
      for (j = 0; j < 12; j = j + 1) begin
        onehot = (1 << k) | (1 << j);
        apply;
      end
    repeat (300) begin
      onehot = $random(seed);
      if (below(2)) onehot = onehot & $random(seed);
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
