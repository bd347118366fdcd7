module fsm_detect_1011_mealy (
  input  wire clk,
  input  wire rst,
  input  wire en,
  input  wire din,
  output wire match
);
  localparam S_NONE = 2'd0;
  localparam S_1    = 2'd1;
  localparam S_10   = 2'd2;
  localparam S_101  = 2'd3;

  reg [1:0] state;

  always @(posedge clk) begin
    if (rst)
      state <= S_NONE;
    else if (en) begin
      case (state)
        S_NONE:  state <= din ? S_1 : S_NONE;
        S_1:     state <= din ? S_1 : S_10;
        S_10:    state <= din ? S_101 : S_NONE;
        default: state <= din ? S_1 : S_10;
      endcase
    end
  end

  assign match = en && din && (state == S_101);
endmodule
