module parity_checker (
  input  wire clk,
  input  wire rst,
  input  wire valid,
  input  wire odd,
  input  wire [8:0] word,
  output reg  bad,
  output reg  [3:0] errors_seen
);
  wire wrong = valid && ((^word) != odd);

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      bad         <= 1'b0;
      errors_seen <= 4'd0;
    end else begin
      bad <= wrong;
      if (wrong && errors_seen != 4'd15)
        errors_seen <= errors_seen + 4'd1;
    end
  end
endmodule
