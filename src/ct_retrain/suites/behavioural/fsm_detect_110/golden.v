module fsm_detect_110 (
  input  wire clk,
  input  wire rst_n,
  input  wire din,
  input  wire ack,
  output wire detected
);
  localparam SEARCH = 2'd0;
  localparam ONE    = 2'd1;
  localparam TWO    = 2'd2;
  localparam LOCKED = 2'd3;

  reg [1:0] state;

  always @(posedge clk) begin
    if (!rst_n)
      state <= SEARCH;
    else begin
      case (state)
        SEARCH:  if (din) state <= ONE;
        ONE:     state <= din ? TWO : SEARCH;
        TWO:     if (!din) state <= LOCKED;
        default: if (ack) state <= SEARCH;
      endcase
    end
  end

  assign detected = (state == LOCKED);
endmodule
