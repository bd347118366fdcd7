module fsm_vending (
  input  wire clk,
  input  wire rst,
  input  wire [1:0] coin,
  input  wire cancel,
  output reg  vend,
  output reg  [4:0] change
);
  reg [5:0] credit;
  reg [5:0] value;
  wire [5:0] sum = credit + value;

  always @* begin
    case (coin)
      2'd1:    value = 6'd5;
      2'd2:    value = 6'd10;
      2'd3:    value = 6'd25;
      default: value = 6'd0;
    endcase
  end

  always @(posedge clk) begin
    if (rst) begin
      credit <= 6'd0;
      vend   <= 1'b0;
      change <= 5'd0;
    end else if (cancel) begin
      credit <= 6'd0;
      vend   <= 1'b0;
      change <= credit[4:0];
    end else if (sum >= 6'd30) begin
      credit <= 6'd0;
      vend   <= 1'b1;
      change <= sum[4:0] - 5'd30;
    end else begin
      credit <= sum;
      vend   <= 1'b0;
      change <= 5'd0;
    end
  end
endmodule
