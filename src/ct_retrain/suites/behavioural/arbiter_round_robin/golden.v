module arbiter_round_robin (
  input  wire clk,
  input  wire rst,
  input  wire [3:0] req,
  input  wire advance,
  output wire [3:0] gnt,
  output wire [1:0] index
);
  reg [1:0] next;
  reg [1:0] pick;
  reg       found;
  reg [1:0] candidate;
  integer   k;

  always @* begin
    pick = 2'd0;
    found = 1'b0;
    candidate = 2'd0;
    for (k = 0; k < 4; k = k + 1) begin
      candidate = next + k[1:0];
      if (!found && req[candidate]) begin
        pick = candidate;
        found = 1'b1;
      end
    end
  end

  always @(posedge clk) begin
    if (rst)
      next <= 2'd0;
    else if (advance && found)
      next <= pick + 2'd1;
  end

  assign gnt = found ? (4'b0001 << pick) : 4'b0000;
  assign index = pick;
endmodule
