module fsm_debounce (
  input  wire clk,
  input  wire rst,
  input  wire btn,
  output wire level,
  output wire pressed
);
  localparam LOW     = 2'd0;
  localparam RISING  = 2'd1;
  localparam HIGH    = 2'd2;
  localparam FALLING = 2'd3;

  reg [1:0] state;
  reg [1:0] count;
  reg       pulse;

  always @(posedge clk) begin
    if (rst) begin
      state <= LOW;
      count <= 2'd0;
      pulse <= 1'b0;
    end else begin
      pulse <= 1'b0;
      case (state)
        LOW: if (btn) begin
          state <= RISING;
          count <= 2'd1;
        end
        RISING: if (!btn)
          state <= LOW;
        else if (count == 2'd3) begin
          state <= HIGH;
          pulse <= 1'b1;
        end else
          count <= count + 2'd1;
        HIGH: if (!btn) begin
          state <= FALLING;
          count <= 2'd1;
        end
        default: if (btn)
          state <= HIGH;
        else if (count == 2'd3)
          state <= LOW;
        else
          count <= count + 2'd1;
      endcase
    end
  end

  assign level = (state == HIGH) || (state == FALLING);
  assign pressed = pulse;
endmodule
