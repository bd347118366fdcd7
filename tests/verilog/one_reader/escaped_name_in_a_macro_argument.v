module m(input c, output reg [3:0] q);
`define M(x,y=) y
`M(\a,initial $display("FORGED");)
endmodule
