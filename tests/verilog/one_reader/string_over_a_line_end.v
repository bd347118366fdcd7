module m(input c, output reg [3:0] q);
localparam A = "a\
"; initial $display("FORGED"); //";
endmodule
