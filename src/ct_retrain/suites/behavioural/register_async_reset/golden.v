module register_async_reset (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire [7:0] d,
  output reg  [7:0] q,
  output reg  changed
);
  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      q       <= 8'hA5;
      changed <= 1'b0;
    end else begin
      changed <= en && (d != q);
      if (en) q <= d;
    end
  end
endmodule
