module m(input c, output reg [3:0] q);
wire \a;initial $display("FORGED");//
 ;
endmodule
