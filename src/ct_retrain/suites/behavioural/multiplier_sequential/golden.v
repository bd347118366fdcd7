module multiplier_sequential (
  input  wire clk,
  input  wire rst,
  input  wire start,
  input  wire [7:0] a,
  input  wire [7:0] b,
  output reg  busy,
  output reg  done,
  output reg  [15:0] product
);
  reg [3:0]  steps;
  reg [15:0] acc;
  reg [15:0] shifted;
  reg [7:0]  factor;

  wire [15:0] next = acc + (factor[0] ? shifted : 16'd0);

  always @(posedge clk) begin
    if (rst) begin
      busy    <= 1'b0;
      done    <= 1'b0;
      product <= 16'd0;
      steps   <= 4'd0;
      acc     <= 16'd0;
      shifted <= 16'd0;
      factor  <= 8'd0;
    end else begin
      done <= 1'b0;
      if (!busy) begin
        if (start) begin
          busy    <= 1'b1;
          steps   <= 4'd7;
          acc     <= 16'd0;
          shifted <= {8'd0, a};
          factor  <= b;
        end
      end else begin
        acc     <= next;
        shifted <= {shifted[14:0], 1'b0};
        factor  <= {1'b0, factor[7:1]};
        steps   <= steps - 4'd1;
        if (steps == 4'd0) begin
          busy    <= 1'b0;
          done    <= 1'b1;
          product <= next;
        end
      end
    end
  end
endmodule
