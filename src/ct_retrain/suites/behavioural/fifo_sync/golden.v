module fifo_sync (
  input  wire clk,
  input  wire rst,
  input  wire push,
  input  wire pop,
  input  wire [7:0] din,
  output wire [7:0] dout,
  output wire empty,
  output wire full,
  output wire [2:0] count,
  output reg  overflow
);
  reg [7:0] store [0:5];
  reg [2:0] head;
  reg [2:0] tail;
  reg [2:0] used;

  wire take = pop && (used != 3'd0);
  wire put  = push && (used != 3'd6 || take);

  always @(posedge clk) begin
    if (rst) begin
      head     <= 3'd0;
      tail     <= 3'd0;
      used     <= 3'd0;
      overflow <= 1'b0;
    end else begin
      overflow <= push && !put;
      if (put) tail <= (tail == 3'd5) ? 3'd0 : tail + 3'd1;
      if (take) head <= (head == 3'd5) ? 3'd0 : head + 3'd1;
      if (put && !take)
        used <= used + 3'd1;
      else if (take && !put)
        used <= used - 3'd1;
    end
  end

  always @(posedge clk) begin
    if (put) store[tail] <= din;
  end

  assign empty = (used == 3'd0);
  assign full = (used == 3'd6);
  assign count = used;
  assign dout = empty ? 8'd0 : store[head];
endmodule
