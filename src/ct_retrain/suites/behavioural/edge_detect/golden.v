module edge_detect (
  input  wire clk,
  input  wire rst_n,
  input  wire sig,
  output wire rise,
  output wire fall,
  output wire any
);
  reg s1;
  reg s2;
  reg s3;

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      s1 <= 1'b0;
      s2 <= 1'b0;
      s3 <= 1'b0;
    end else begin
      s1 <= sig;
      s2 <= s1;
      s3 <= s2;
    end
  end

  assign rise = s2 && !s3;
  assign fall = !s2 && s3;
  assign any = s2 ^ s3;
endmodule
