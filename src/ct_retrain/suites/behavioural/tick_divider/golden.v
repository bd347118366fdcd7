module tick_divider (
  input  wire clk,
  input  wire rst,
  input  wire [3:0] period,
  output reg  tick
);
  reg [3:0] left;

  always @(posedge clk) begin
    if (rst) begin
      left <= 4'd0;
      tick <= 1'b0;
    end else if (left > 4'd1) begin
      left <= left - 4'd1;
      tick <= 1'b0;
    end else begin
      left <= period;
      tick <= left[0];
    end
  end
endmodule
