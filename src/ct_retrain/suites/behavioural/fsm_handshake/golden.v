module fsm_handshake (
  input  wire clk,
  input  wire rst_n,
  input  wire go,
  input  wire ack,
  output wire req,
  output wire busy,
  output wire timeout
);
  localparam IDLE    = 2'd0;
  localparam REQUEST = 2'd1;
  localparam RELEASE = 2'd2;
  localparam FAILED  = 2'd3;

  reg [1:0] state;
  reg [2:0] patience;

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      state    <= IDLE;
      patience <= 3'd0;
    end else begin
      case (state)
        IDLE: begin
          patience <= 3'd0;
          if (go && !ack) state <= REQUEST;
        end
        REQUEST: begin
          patience <= patience + 3'd1;
          if (ack) state <= RELEASE;
          else if (patience == 3'd5) state <= FAILED;
        end
        RELEASE: if (!ack) state <= IDLE;
        default: state <= IDLE;
      endcase
    end
  end

  assign req = (state == REQUEST);
  assign busy = (state != IDLE);
  assign timeout = (state == FAILED);
endmodule
