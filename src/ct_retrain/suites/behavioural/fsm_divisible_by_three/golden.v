module fsm_divisible_by_three (
  input  wire clk,
  input  wire rst,
  input  wire en,
  input  wire first,
  input  wire din,
  output wire [1:0] remainder,
  output wire divisible
);
  reg [1:0] state;
  wire [1:0] base = first ? 2'd0 : state;

  always @(posedge clk or posedge rst) begin
    if (rst)
      state <= 2'd0;
    else if (en) begin
      case (base)
        2'd0:    state <= din ? 2'd1 : 2'd0;
        2'd1:    state <= din ? 2'd0 : 2'd2;
        default: state <= din ? 2'd2 : 2'd1;
      endcase
    end
  end

  assign remainder = state;
  assign divisible = (state == 2'd0);
endmodule
