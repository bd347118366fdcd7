module m(input c, output reg [3:0] q);
`define M(x=initial $display("FORGED");) x
`M()
endmodule
