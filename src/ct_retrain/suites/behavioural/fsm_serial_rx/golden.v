module fsm_serial_rx (
  input  wire clk,
  input  wire rst,
  input  wire rx,
  output reg  [7:0] data,
  output reg  valid,
  output reg  frame_error
);
  localparam IDLE = 2'd0;
  localparam DATA = 2'd1;
  localparam STOP = 2'd2;
  localparam WAIT = 2'd3;

  reg [1:0] state;
  reg [2:0] count;
  reg [7:0] shift;

  always @(posedge clk) begin
    if (rst) begin
      state       <= IDLE;
      count       <= 3'd0;
      shift       <= 8'd0;
      data        <= 8'd0;
      valid       <= 1'b0;
      frame_error <= 1'b0;
    end else begin
      valid       <= 1'b0;
      frame_error <= 1'b0;
      case (state)
        IDLE: begin
          count <= 3'd0;
          if (!rx) state <= DATA;
        end
        DATA: begin
          shift <= {rx, shift[7:1]};
          count <= count + 3'd1;
          if (count == 3'd7) state <= STOP;
        end
        STOP: if (rx) begin
          data  <= shift;
          valid <= 1'b1;
          state <= IDLE;
        end else begin
          frame_error <= 1'b1;
          state       <= WAIT;
        end
        default: if (rx) state <= IDLE;
      endcase
    end
  end
endmodule
