module counter_up_down (
  input  wire clk,
  input  wire rst,
  input  wire up,
  input  wire down,
  output reg  [4:0] count,
  output wire at_min,
  output wire at_max
);
  always @(posedge clk) begin
    if (rst)
      count <= 5'd16;
    else if (up && !down)
      count <= count + 5'd1;
    else if (down && !up)
      count <= count - 5'd1;
  end

  assign at_min = (count == 5'd0);
  assign at_max = (count == 5'd31);
endmodule
