module shift_bidirectional (
  input  wire clk,
  input  wire rst,
  input  wire [2:0] mode,
  input  wire left_in,
  input  wire right_in,
  input  wire [7:0] d,
  output reg  [7:0] q
);
  always @(posedge clk) begin
    if (rst)
      q <= 8'd0;
    else begin
      case (mode)
        3'd1:    q <= {q[6:0], left_in};
        3'd2:    q <= {right_in, q[7:1]};
        3'd3:    q <= d;
        3'd4:    q <= {q[6:0], q[7]};
        3'd5:    q <= {q[0], q[7:1]};
        3'd6:    q <= {q[7], q[7:1]};
        3'd7:    q <= {q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7]};
        default: q <= q;
      endcase
    end
  end
endmodule
