module shift_sipo (
  input  wire clk,
  input  wire rst_n,
  input  wire en,
  input  wire sin,
  output reg  [7:0] word,
  output reg  ready
);
  reg [6:0] part;
  reg [2:0] count;

  always @(posedge clk) begin
    if (!rst_n) begin
      part  <= 7'd0;
      count <= 3'd0;
      word  <= 8'd0;
      ready <= 1'b0;
    end else begin
      ready <= 1'b0;
      if (en) begin
        part  <= {sin, part[6:1]};
        count <= count + 3'd1;
        if (count == 3'd7) begin
          word  <= {sin, part};
          ready <= 1'b1;
        end
      end
    end
  end
endmodule
