module fsm_mealy_edge (
  input  wire clk,
  input  wire rst,
  input  wire din,
  output wire rise,
  output wire fall
);
  localparam SEEN_LOW  = 1'b0;
  localparam SEEN_HIGH = 1'b1;

  reg state;

  always @(posedge clk) begin
    if (rst)
      state <= SEEN_LOW;
    else
      state <= din ? SEEN_HIGH : SEEN_LOW;
  end

  assign rise = (state == SEEN_LOW) && din;
  assign fall = (state == SEEN_HIGH) && !din;
endmodule
