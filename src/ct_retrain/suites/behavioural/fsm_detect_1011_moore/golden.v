module fsm_detect_1011_moore (
  input  wire clk,
  input  wire rst_n,
  input  wire din,
  output wire found
);
  localparam S0 = 3'd0;
  localparam S1 = 3'd1;
  localparam S2 = 3'd2;
  localparam S3 = 3'd3;
  localparam S4 = 3'd4;

  reg [2:0] state;
  reg [2:0] next;

  always @* begin
    case (state)
      S0:      next = din ? S1 : S0;
      S1:      next = din ? S1 : S2;
      S2:      next = din ? S3 : S0;
      S3:      next = din ? S4 : S2;
      S4:      next = din ? S1 : S0;
      default: next = S0;
    endcase
  end

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n)
      state <= S0;
    else
      state <= next;
  end

  assign found = (state == S4);
endmodule
