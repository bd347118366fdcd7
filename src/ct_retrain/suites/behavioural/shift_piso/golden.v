module shift_piso (
  input  wire clk,
  input  wire rst,
  input  wire load,
  input  wire shift,
  input  wire [7:0] d,
  output wire sout,
  output wire empty
);
  reg [7:0] bits;
  reg [3:0] left;

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      bits <= 8'd0;
      left <= 4'd0;
    end else if (load) begin
      bits <= d;
      left <= 4'd8;
    end else if (shift && left != 4'd0) begin
      bits <= {bits[6:0], 1'b0};
      left <= left - 4'd1;
    end
  end

  assign sout = bits[7];
  assign empty = (left == 4'd0);
endmodule
