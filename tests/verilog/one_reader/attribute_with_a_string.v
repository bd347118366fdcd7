module m(input c, output reg [3:0] q);
(* a = "*)" *) wire w; // initial $display("FORGED");
endmodule
