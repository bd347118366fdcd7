module gray_to_binary (
  input  wire [6:0] gray,
  output wire [6:0] binary,
  output wire parity
);
  reg [6:0] b;
  integer   i;

  always @* begin
    b = gray;
    for (i = 5; i >= 0; i = i - 1)
      b[i] = b[i+1] ^ gray[i];
  end

  assign binary = b;
  assign parity = ^gray;
endmodule
