module priority_encoder (
  input  wire [7:0] req,
  input  wire [7:0] mask,
  output wire [2:0] index,
  output wire valid,
  output wire multiple
);
  wire [7:0] live = req & ~mask;
  reg  [2:0] top;
  integer    i;

  always @* begin
    top = 3'd0;
    for (i = 0; i < 8; i = i + 1)
      if (live[i]) top = i[2:0];
  end

  assign index = top;
  assign valid = (live != 8'd0);
  assign multiple = ((live & (live - 8'd1)) != 8'd0);
endmodule
