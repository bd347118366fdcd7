module register_byte_enable (
  input  wire clk,
  input  wire rst,
  input  wire we,
  input  wire [3:0] be,
  input  wire [31:0] wdata,
  output reg  [31:0] rdata
);
  integer i;

  always @(posedge clk) begin
    if (rst)
      rdata <= 32'd0;
    else if (we) begin
      for (i = 0; i < 4; i = i + 1)
        if (be[i]) rdata[8*i +: 8] <= wdata[8*i +: 8];
    end
  end
endmodule
