module counter_enable (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  output reg  [5:0] count,
  output wire tc
);
  always @(posedge clk or negedge rst_n) begin
    if (!rst_n)
      count <= 6'd0;
    else if (en)
      count <= count + 6'd1;
  end

  assign tc = en && (count == 6'd63);
endmodule
