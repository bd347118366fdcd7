module mux_crossbar (
  input  wire clk,
  input  wire rst,
  input  wire [15:0] in,
  input  wire [1:0] sel_a,
  input  wire [1:0] sel_b,
  input  wire hold,
  output reg  [3:0] out_a,
  output reg  [3:0] out_b,
  output wire same
);
  always @(posedge clk) begin
    if (rst) begin
      out_a <= 4'd0;
      out_b <= 4'd0;
    end else if (!hold) begin
      out_a <= in[{sel_a, 2'b00} +: 4];
      out_b <= in[{sel_b, 2'b00} +: 4];
    end
  end

  assign same = (out_a == out_b);
endmodule
