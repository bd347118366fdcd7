module counter_bcd (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  output reg  [3:0] tens,
  output reg  [3:0] ones,
  output wire carry
);
  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      tens <= 4'd0;
      ones <= 4'd0;
    end else if (en) begin
      if (ones == 4'd9) begin
        ones <= 4'd0;
        tens <= (tens == 4'd9) ? 4'd0 : tens + 4'd1;
      end else
        ones <= ones + 4'd1;
    end
  end

  assign carry = en && (tens == 4'd9) && (ones == 4'd9);
endmodule
