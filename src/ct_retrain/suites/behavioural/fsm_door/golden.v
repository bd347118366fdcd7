module fsm_door (
  input  wire clk,
  input  wire rst,
  input  wire open_req,
  input  wire obstacle,
  input  wire at_open,
  input  wire at_closed,
  output wire [1:0] motor
);
  localparam CLOSED  = 2'd0;
  localparam OPENING = 2'd1;
  localparam OPEN    = 2'd2;
  localparam CLOSING = 2'd3;

  reg [1:0] state;
  reg [1:0] stay;

  always @(posedge clk) begin
    if (rst) begin
      state <= CLOSED;
      stay  <= 2'd0;
    end else begin
      case (state)
        CLOSED: if (open_req) state <= OPENING;
        OPENING: begin
          stay <= 2'd0;
          if (at_open) state <= OPEN;
        end
        OPEN: begin
          if (stay != 2'd2)
            stay <= stay + 2'd1;
          else if (!open_req && !obstacle)
            state <= CLOSING;
        end
        default: begin
          if (obstacle || open_req)
            state <= OPENING;
          else if (at_closed)
            state <= CLOSED;
        end
      endcase
    end
  end

  assign motor = (state == OPENING) ? 2'd1 : (state == CLOSING) ? 2'd2 : 2'd0;
endmodule
