module register_file (
  input  wire clk,
  input  wire rst,
  input  wire we,
  input  wire [2:0] waddr,
  input  wire [7:0] wdata,
  input  wire [2:0] raddr_a,
  input  wire [2:0] raddr_b,
  output wire [7:0] rdata_a,
  output reg  [7:0] rdata_b
);
  reg [7:0] regs [1:7];
  integer   i;

  wire [7:0] stored_b = (raddr_b == 3'd0) ? 8'd0 : regs[raddr_b];
  wire       writing  = we && (waddr != 3'd0);

  always @(posedge clk) begin
    if (rst) begin
      for (i = 1; i < 8; i = i + 1)
        regs[i] <= 8'd0;
      rdata_b <= 8'd0;
    end else begin
      if (writing) regs[waddr] <= wdata;
      rdata_b <= (writing && waddr == raddr_b) ? wdata : stored_b;
    end
  end

  assign rdata_a = (raddr_a == 3'd0) ? 8'd0 : regs[raddr_a];
endmodule
