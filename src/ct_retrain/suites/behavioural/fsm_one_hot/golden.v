module fsm_one_hot (
  input  wire clk,
  input  wire rst,
  input  wire start,
  input  wire ok,
  input  wire stop,
  output reg  [4:0] state
);
  wire idle  = state[0];
  wire load  = state[1];
  wire run   = state[2];
  wire done  = state[3];
  wire error = state[4];

  always @(posedge clk) begin
    if (rst)
      state <= 5'b00001;
    else begin
      state[0] <= (idle && !start) || (done && !start) || (error && !stop && ok);
      state[1] <= (idle && start) || (done && start) || (load && !stop && !ok) || (run && !stop && !ok);
      state[2] <= load && !stop && ok;
      state[3] <= run && !stop && ok;
      state[4] <= (load && stop) || (run && stop) || (error && (stop || !ok));
    end
  end
endmodule
