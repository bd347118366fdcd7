module counter_saturating (
  input  wire clk,
  input  wire rst,
  input  wire update,
  input  wire taken,
  output reg  [2:0] count,
  output wire predict
);
  always @(posedge clk) begin
    if (rst)
      count <= 3'd3;
    else if (update) begin
      if (taken) begin
        if (count != 3'd7) count <= count + 3'd1;
      end else begin
        if (count != 3'd0) count <= count - 3'd1;
      end
    end
  end

  assign predict = count[2];
endmodule
