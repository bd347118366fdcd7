module adder_carry_overflow (
  input  wire [7:0] a,
  input  wire [7:0] b,
  input  wire sub,
  output wire [7:0] sum,
  output wire carry,
  output wire overflow,
  output wire zero
);
  wire [8:0] wide = sub ? ({1'b0, a} - {1'b0, b}) : ({1'b0, a} + {1'b0, b});
  wire       b_sign = b[7] ^ sub;

  assign sum = wide[7:0];
  assign carry = wide[8];
  assign overflow = (a[7] == b_sign) && (sum[7] != a[7]);
  assign zero = (sum == 8'd0);
endmodule
