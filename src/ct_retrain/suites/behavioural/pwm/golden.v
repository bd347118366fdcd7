module pwm (
  input  wire clk,
  input  wire rst,
  input  wire [3:0] duty,
  output wire out,
  output wire first
);
  reg [3:0] count;
  reg [3:0] active;

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      count  <= 4'd0;
      active <= 4'd0;
    end else if (count == 4'd14) begin
      count  <= 4'd0;
      active <= duty;
    end else
      count <= count + 4'd1;
  end

  assign out = (count < active);
  assign first = (count == 4'd0);
endmodule
