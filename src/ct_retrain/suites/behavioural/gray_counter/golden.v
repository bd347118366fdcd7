module gray_counter (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire down,
  output wire [3:0] gray
);
  reg [3:0] n;

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n)
      n <= 4'd0;
    else if (en)
      n <= down ? (n - 4'd1) : (n + 4'd1);
  end

  assign gray = n ^ {1'b0, n[3:1]};
endmodule
