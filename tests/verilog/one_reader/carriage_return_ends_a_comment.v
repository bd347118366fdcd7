module m(input c, output reg [3:0] q);
// ainitial $display("FORGED");
endmodule
