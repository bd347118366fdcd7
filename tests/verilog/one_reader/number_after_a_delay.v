module m(input c, output reg [3:0] q);
initial q = #5 'b1 + 1;
endmodule
