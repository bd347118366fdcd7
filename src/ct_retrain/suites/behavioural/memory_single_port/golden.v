module memory_single_port (
  input  wire clk,
  input  wire rst,
  input  wire en,
  input  wire we,
  input  wire [3:0] addr,
  input  wire [7:0] wdata,
  output reg  [7:0] rdata
);
  reg [7:0] words [0:15];

  always @(posedge clk) begin
    if (!rst && en && we) words[addr] <= wdata;
  end

  always @(posedge clk) begin
    if (rst)
      rdata <= 8'd0;
    else if (en)
      rdata <= we ? wdata : words[addr];
  end
endmodule
