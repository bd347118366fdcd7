module arbiter_fixed (
  input  wire clk,
  input  wire rst_n,
  input  wire [3:0] req,
  input  wire lock,
  output reg  [3:0] gnt,
  output wire busy
);
  always @(posedge clk or negedge rst_n) begin
    if (!rst_n)
      gnt <= 4'b0000;
    else if (!(lock && (gnt & req) != 4'b0000))
      gnt <= req & (~req + 4'd1);
  end

  assign busy = (gnt != 4'b0000);
endmodule
