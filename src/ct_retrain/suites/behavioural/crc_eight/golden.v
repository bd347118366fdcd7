module crc_eight (
  input  wire clk,
  input  wire rst_n,
  input  wire clear,
  input  wire en,
  input  wire din,
  output reg  [7:0] crc,
  output wire ok
);
  wire f = crc[7] ^ din;

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n)
      crc <= 8'd0;
    else if (clear)
      crc <= 8'd0;
    else if (en)
      crc <= {crc[6:2], crc[1] ^ f, crc[0] ^ f, f};
  end

  assign ok = (crc == 8'd0);
endmodule
