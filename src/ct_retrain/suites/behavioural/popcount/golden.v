module popcount (
  input  wire [15:0] data,
  input  wire [15:0] mask,
  output wire [4:0] ones,
  output wire full
);
  wire [15:0] picked = data & mask;
  reg  [4:0]  total;
  integer     i;

  always @* begin
    total = 5'd0;
    for (i = 0; i < 16; i = i + 1)
      total = total + {4'd0, picked[i]};
  end

  assign ones = total;
  assign full = (picked == mask);
endmodule
