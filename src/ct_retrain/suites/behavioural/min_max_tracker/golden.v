module min_max_tracker (
  input  wire clk,
  input  wire rst,
  input  wire restart,
  input  wire valid,
  input  wire signed [7:0] sample,
  output reg  signed [7:0] lowest,
  output reg  signed [7:0] highest,
  output reg  seen
);
  always @(posedge clk) begin
    if (rst) begin
      lowest  <= 8'sd0;
      highest <= 8'sd0;
      seen    <= 1'b0;
    end else if (valid) begin
      seen <= 1'b1;
      if (restart || !seen || sample < lowest)  lowest  <= sample;
      if (restart || !seen || sample > highest) highest <= sample;
    end else if (restart) begin
      lowest  <= 8'sd0;
      highest <= 8'sd0;
      seen    <= 1'b0;
    end
  end
endmodule
