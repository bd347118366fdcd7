module memory_stack (
  input  wire clk,
  input  wire rst_n,
  input  wire push,
  input  wire pop,
  input  wire [7:0] din,
  output wire [7:0] top,
  output wire [2:0] depth,
  output reg  error
);
  reg [7:0] store [0:3];
  reg [2:0] used;

  wire [1:0] below = used[1:0] - 2'd1;
  wire       swap  = push && pop && (used != 3'd0);
  wire       grow  = push && !swap && (used != 3'd4);
  wire       drop  = pop && !push && (used != 3'd0);

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      used  <= 3'd0;
      error <= 1'b0;
    end else begin
      if (grow) used <= used + 3'd1;
      if (drop) used <= used - 3'd1;
      if ((push && !swap && !grow) || (pop && !push && !drop)) error <= 1'b1;
    end
  end

  always @(posedge clk) begin
    if (swap)
      store[below] <= din;
    else if (grow)
      store[used[1:0]] <= din;
  end

  assign depth = used;
  assign top = (used == 3'd0) ? 8'd0 : store[below];
endmodule
