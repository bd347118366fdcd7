module m(input c, output reg [3:0] q);
`define A 1
`undefineall
`ifdef A
initial $display("FORGED");
`endif
endmodule
