module fsm_washer (
  input  wire clk,
  input  wire rst,
  input  wire start,
  input  wire lid,
  input  wire extra,
  output wire water,
  output wire drum,
  output wire done
);
  localparam IDLE  = 3'd0;
  localparam FILL  = 3'd1;
  localparam WASH  = 3'd2;
  localparam RINSE = 3'd3;
  localparam SPIN  = 3'd4;
  localparam ENDED = 3'd5;

  reg [2:0] state;
  reg [2:0] left;
  reg       twice;

  always @(posedge clk) begin
    if (rst) begin
      state <= IDLE;
      left  <= 3'd0;
      twice <= 1'b0;
    end else if (state == ENDED) begin
      if (lid) state <= IDLE;
    end else if (!lid) begin
      if (state == IDLE) begin
        if (start) begin
          state <= FILL;
          left  <= 3'd2;
          twice <= extra;
        end
      end else if (left != 3'd0) begin
        left <= left - 3'd1;
      end else begin
        state <= state + 3'd1;
        case (state)
          FILL:    left <= 3'd5;
          WASH:    left <= twice ? 3'd7 : 3'd3;
          default: left <= 3'd1;
        endcase
      end
    end
  end

  assign water = (state == FILL) && !lid;
  assign drum = (state == WASH || state == RINSE || state == SPIN) && !lid;
  assign done = (state == ENDED);
endmodule
