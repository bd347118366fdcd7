module comparator (
  input  wire [5:0] a,
  input  wire [5:0] b,
  output wire lt_u,
  output wire lt_s,
  output wire eq,
  output wire [5:0] max_u,
  output wire [5:0] min_s
);
  assign eq = (a == b);
  assign lt_u = (a < b);
  assign lt_s = (a[5] != b[5]) ? a[5] : lt_u;
  assign max_u = lt_u ? b : a;
  assign min_s = lt_s ? a : b;
endmodule
