module decoder_three_to_eight (
  input  wire [2:0] code,
  input  wire en,
  input  wire en_n,
  input  wire active_low,
  output wire [7:0] y
);
  wire       on = en && !en_n;
  wire [7:0] selected = on ? (8'd1 << code) : 8'd0;

  assign y = active_low ? ~selected : selected;
endmodule
