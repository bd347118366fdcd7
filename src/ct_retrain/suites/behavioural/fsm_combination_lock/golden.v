module fsm_combination_lock (
  input  wire clk,
  input  wire rst_n,
  input  wire [3:0] key,
  input  wire press,
  output wire unlocked,
  output wire alarm
);
  localparam FIRST  = 3'd0;
  localparam SECOND = 3'd1;
  localparam THIRD  = 3'd2;
  localparam OPEN   = 3'd3;
  localparam ALARM  = 3'd4;

  reg [2:0] state;
  reg       good;
  reg [1:0] failures;

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      state    <= FIRST;
      good     <= 1'b0;
      failures <= 2'd0;
    end else if (press) begin
      case (state)
        FIRST: begin
          good  <= (key == 4'd7);
          state <= SECOND;
        end
        SECOND: begin
          good  <= good && (key == 4'd2);
          state <= THIRD;
        end
        THIRD: begin
          if (good && key == 4'd9)
            state <= OPEN;
          else begin
            failures <= failures + 2'd1;
            state    <= (failures == 2'd2) ? ALARM : FIRST;
          end
        end
        OPEN: begin
          failures <= 2'd0;
          state    <= FIRST;
        end
        default: state <= ALARM;
      endcase
    end
  end

  assign unlocked = (state == OPEN);
  assign alarm = (state == ALARM);
endmodule
