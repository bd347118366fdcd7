`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif

module tb;
  reg [7:0] d0;
  reg [7:0] d1;
  reg [7:0] d2;
  reg [7:0] d3;
  reg [1:0] sel;
  reg invert;
  reg enable;
  wire [7:0] y;
  reg [7:0] exp_y;
  integer checks, errors, seed;

  mux_four dut (.d0(d0), .d1(d1), .d2(d2), .d3(d3), .sel(sel), .invert(invert), .enable(enable), .y(y));

  function integer below(input integer n);
    below = {$random(seed)} % n;
  endfunction

  reg [7:0] all [0:3];
  integer v;

  task expect_outputs;
    begin
      all[0] = d0; all[1] = d1; all[2] = d2; all[3] = d3;
      v = all[sel];
      if (invert) v = 255 - v;
      exp_y = v * enable;
    end
  endtask

  task compare;
    begin
      checks = checks + 1;
      if (y !== exp_y) begin
        errors = errors + 1;
        if (errors <= 5) $display("mismatch at %0d ns: y is %b, expected %b", $time, y, exp_y);
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
    seed = 250928;

    repeat (500) begin
      {d0, d1, d2, d3} = $random(seed);
      sel = below(4);
      invert = below(2);
      enable = (below(4) != 0);
      apply;
    end

    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
