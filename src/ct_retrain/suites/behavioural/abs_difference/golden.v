module abs_difference (
  input  wire [7:0] a,
  input  wire [7:0] b,
  input  wire is_signed,
  output wire [7:0] diff,
  output wire swapped
);
  wire [7:0] offset = {is_signed, 7'd0};
  wire [7:0] ua = a ^ offset;
  wire [7:0] ub = b ^ offset;

  assign swapped = (ua < ub);
  assign diff = swapped ? (ub - ua) : (ua - ub);
endmodule
