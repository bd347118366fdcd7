module leading_zeros (
  input  wire [15:0] x,
  output wire [4:0] count,
  output wire [15:0] normal
);
  reg [4:0] n;
  integer   i;

  always @* begin
    n = 5'd16;
    for (i = 0; i < 16; i = i + 1)
      if (x[i]) n = 5'd15 - i[4:0];
  end

  assign count = n;
  assign normal = x << n;
endmodule
