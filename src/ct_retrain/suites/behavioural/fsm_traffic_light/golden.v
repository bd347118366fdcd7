module fsm_traffic_light (
  input  wire clk,
  input  wire rst,
  input  wire walk,
  output wire red,
  output wire yellow,
  output wire green
);
  localparam RED    = 2'd0;
  localparam GREEN  = 2'd1;
  localparam YELLOW = 2'd2;

  reg [1:0] state;
  reg [2:0] timer;

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      state <= RED;
      timer <= 3'd0;
    end else begin
      timer <= timer + 3'd1;
      case (state)
        RED: if (timer == 3'd4) begin
          state <= GREEN;
          timer <= 3'd0;
        end
        GREEN: if ((walk && timer >= 3'd3) || timer == 3'd7) begin
          state <= YELLOW;
          timer <= 3'd0;
        end
        default: if (timer == 3'd1) begin
          state <= RED;
          timer <= 3'd0;
        end
      endcase
    end
  end

  assign red = (state == RED);
  assign yellow = (state == YELLOW);
  assign green = (state == GREEN);
endmodule
