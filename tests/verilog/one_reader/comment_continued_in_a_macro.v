module m(input c, output reg [3:0] q);
`define A 1 // one \
initial $display("FORGED");
endmodule
