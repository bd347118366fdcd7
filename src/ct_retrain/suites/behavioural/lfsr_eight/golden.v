module lfsr_eight (
  input  wire clk,
  input  wire rst,
  input  wire en,
  input  wire load,
  input  wire [7:0] value,
  output reg  [7:0] state,
  output wire bit_out
);
  wire feedback = state[7] ^ state[5] ^ state[4] ^ state[3];

  always @(posedge clk) begin
    if (rst)
      state <= 8'hFF;
    else if (load)
      state <= (value == 8'd0) ? 8'h01 : value;
    else if (en)
      state <= {state[6:0], feedback};
  end

  assign bit_out = state[7];
endmodule
