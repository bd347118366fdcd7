module clock_divider_even (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  output reg  out
);
  reg [1:0] count;

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      count <= 2'd0;
      out   <= 1'b0;
    end else if (en) begin
      if (count == 2'd2) begin
        count <= 2'd0;
        out   <= ~out;
      end else
        count <= count + 2'd1;
    end
  end
endmodule
