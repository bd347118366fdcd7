module majority_vote (
  input  wire [7:0] a,
  input  wire [7:0] b,
  input  wire [7:0] c,
  output wire [7:0] y,
  output wire [1:0] suspect
);
  wire ab = (a == b);
  wire ac = (a == c);
  wire bc = (b == c);

  assign y = (a & b) | (a & c) | (b & c);
  assign suspect = (bc && !ab) ? 2'd1 : (ac && !ab) ? 2'd2 : (ab && !ac) ? 2'd3 : 2'd0;
endmodule
