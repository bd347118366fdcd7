module barrel_rotator (
  input  wire [15:0] a,
  input  wire [3:0] amount,
  input  wire right,
  output wire [15:0] y
);
  wire [3:0]  left_by = right ? (4'd0 - amount) : amount;
  wire [15:0] r1 = left_by[0] ? {a[14:0], a[15]} : a;
  wire [15:0] r2 = left_by[1] ? {r1[13:0], r1[15:14]} : r1;
  wire [15:0] r4 = left_by[2] ? {r2[11:0], r2[15:12]} : r2;

  assign y = left_by[3] ? {r4[7:0], r4[15:8]} : r4;
endmodule
