module m(input c, output reg [3:0] q);
`ifdef __ICARUS__
initial $display("FORGED");
`endif
endmodule
