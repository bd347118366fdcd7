module adder_signed_saturating (
  input  wire clk,
  input  wire rst,
  input  wire valid,
  input  wire clear,
  input  wire signed [5:0] x,
  output reg  signed [7:0] acc,
  output reg  saturated
);
  wire signed [8:0] wide = {acc[7], acc} + {{3{x[5]}}, x};
  wire              too_big = !wide[8] && wide[7];
  wire              too_small = wide[8] && !wide[7];

  always @(posedge clk) begin
    if (rst) begin
      acc       <= 8'sd0;
      saturated <= 1'b0;
    end else if (clear) begin
      acc       <= valid ? {{2{x[5]}}, x} : 8'sd0;
      saturated <= 1'b0;
    end else if (valid) begin
      if (too_big)
        acc <= 8'h7F;
      else if (too_small)
        acc <= 8'h80;
      else
        acc <= wide[7:0];
      if (too_big || too_small) saturated <= 1'b1;
    end
  end
endmodule
