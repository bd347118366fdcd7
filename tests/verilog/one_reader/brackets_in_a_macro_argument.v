module m(input c, output reg [3:0] q);
`define C ,
`define M(x,y,z=) z
`M([a,b],initial $display("FORGED");)
endmodule
