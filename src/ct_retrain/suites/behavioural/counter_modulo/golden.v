module counter_modulo (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire clear,
  output reg  [3:0] count,
  output reg  carry
);
  always @(posedge clk) begin
    if (!rst_n) begin
      count <= 4'd0;
      carry <= 1'b0;
    end else begin
      carry <= 1'b0;
      if (clear)
        count <= 4'd0;
      else if (en) begin
        if (count == 4'd11) begin
          count <= 4'd0;
          carry <= 1'b1;
        end else
          count <= count + 4'd1;
      end
    end
  end
endmodule
