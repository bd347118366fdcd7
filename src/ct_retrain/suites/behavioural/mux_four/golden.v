module mux_four (
  input  wire [7:0] d0,
  input  wire [7:0] d1,
  input  wire [7:0] d2,
  input  wire [7:0] d3,
  input  wire [1:0] sel,
  input  wire invert,
  input  wire enable,
  output wire [7:0] y
);
  reg [7:0] picked;

  always @* begin
    case (sel)
      2'd0:    picked = d0;
      2'd1:    picked = d1;
      2'd2:    picked = d2;
      default: picked = d3;
    endcase
  end

  assign y = enable ? (picked ^ {8{invert}}) : 8'd0;
endmodule
