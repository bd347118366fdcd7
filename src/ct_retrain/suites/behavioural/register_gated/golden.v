module register_gated (
  input  wire clk,
  input  wire rst,
  input  wire en,
  input  wire test_en,
  input  wire [3:0] d,
  output reg  [3:0] q,
  output reg  [3:0] idle_cycles
);
  reg gate;

  always @(posedge clk) begin
    if (rst) begin
      gate        <= 1'b0;
      q           <= 4'd0;
      idle_cycles <= 4'd0;
    end else begin
      gate <= en || test_en;
      if (gate) begin
        q           <= d;
        idle_cycles <= 4'd0;
      end else if (idle_cycles != 4'd15)
        idle_cycles <= idle_cycles + 4'd1;
    end
  end
endmodule
