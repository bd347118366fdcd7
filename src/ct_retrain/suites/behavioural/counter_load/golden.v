module counter_load (
  input  wire clk,
  input  wire rst,
  input  wire load,
  input  wire en,
  input  wire [7:0] value,
  output reg  [7:0] count,
  output wire zero,
  output reg  done
);
  always @(posedge clk or posedge rst) begin
    if (rst) begin
      count <= 8'd0;
      done  <= 1'b0;
    end else begin
      done <= 1'b0;
      if (load)
        count <= value;
      else if (en && count != 8'd0) begin
        count <= count - 8'd1;
        done  <= (count == 8'd1);
      end
    end
  end

  assign zero = (count == 8'd0);
endmodule
