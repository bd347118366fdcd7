module fsm_elevator (
  input  wire clk,
  input  wire rst,
  input  wire [2:0] call,
  output reg  [1:0] floor,
  output reg  door
);
  reg       up;
  reg [1:0] wait_count;

  wire here  = (floor == 2'd0 && call[0]) || (floor == 2'd1 && call[1]) || (floor == 2'd2 && call[2]);
  wire above = (floor == 2'd0 && (call[1] || call[2])) || (floor == 2'd1 && call[2]);
  wire below = (floor == 2'd2 && (call[0] || call[1])) || (floor == 2'd1 && call[0]);

  always @(posedge clk or posedge rst) begin
    if (rst) begin
      floor      <= 2'd0;
      door       <= 1'b0;
      up         <= 1'b1;
      wait_count <= 2'd0;
    end else if (door) begin
      if (wait_count == 2'd2)
        door <= 1'b0;
      else
        wait_count <= wait_count + 2'd1;
    end else if (here) begin
      door       <= 1'b1;
      wait_count <= 2'd0;
    end else if (up && above) begin
      floor <= floor + 2'd1;
    end else if (below) begin
      floor <= floor - 2'd1;
      up    <= 1'b0;
    end else if (above) begin
      floor <= floor + 2'd1;
      up    <= 1'b1;
    end
  end
endmodule
