module m(input c, output reg [3:0] q);
task \$display ; input [47:0] s; begin end endtask
initial \$display ("FORGED");
endmodule
