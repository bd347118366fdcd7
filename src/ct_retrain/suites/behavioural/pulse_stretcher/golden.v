module pulse_stretcher (
  input  wire clk,
  input  wire rst,
  input  wire trigger,
  input  wire [3:0] length,
  output wire pulse
);
  reg       last;
  reg [3:0] left;

  always @(posedge clk) begin
    if (rst) begin
      last <= 1'b0;
      left <= 4'd0;
    end else begin
      last <= trigger;
      if (trigger && !last)
        left <= length;
      else if (left != 4'd0)
        left <= left - 4'd1;
    end
  end

  assign pulse = (left != 4'd0);
endmodule
