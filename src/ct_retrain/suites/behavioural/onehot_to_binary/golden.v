module onehot_to_binary (
  input  wire [11:0] onehot,
  output wire [3:0] binary,
  output wire none,
  output wire error
);
  reg [3:0] code;
  integer   i;

  wire [11:0] rest = onehot & (onehot - 12'd1);

  always @* begin
    code = 4'd0;
    for (i = 0; i < 12; i = i + 1)
      if (onehot[i]) code = code | i[3:0];
  end

  assign none = (onehot == 12'd0);
  assign error = (rest != 12'd0);
  assign binary = error ? 4'd15 : code;
endmodule
