module fsm_pump_control (
  input  wire clk,
  input  wire rst_n,
  input  wire start,
  input  wire stop,
  output wire running
);
  localparam IDLE = 1'b0;
  localparam RUN  = 1'b1;

  reg state;

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n)
      state <= IDLE;
    else begin
      case (state)
        IDLE: if (start && !stop) state <= RUN;
        default: if (stop) state <= IDLE;
      endcase
    end
  end

  assign running = (state == RUN);
endmodule
