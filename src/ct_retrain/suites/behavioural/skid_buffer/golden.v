module skid_buffer (
  input  wire clk,
  input  wire rst,
  input  wire in_valid,
  output wire in_ready,
  input  wire [7:0] in_data,
  output wire out_valid,
  input  wire out_ready,
  output wire [7:0] out_data
);
  reg [7:0] first;
  reg [7:0] second;
  reg [1:0] used;

  wire put  = in_valid && in_ready;
  wire take = out_valid && out_ready;

  assign in_ready = (used != 2'd2);
  assign out_valid = (used != 2'd0);
  assign out_data = out_valid ? first : 8'd0;

  always @(posedge clk) begin
    if (rst) begin
      used   <= 2'd0;
      first  <= 8'd0;
      second <= 8'd0;
    end else begin
      if (put && !take)
        used <= used + 2'd1;
      else if (take && !put)
        used <= used - 2'd1;
      if (take && used == 2'd2)
        first <= second;
      else if (put && (used == 2'd0 || take))
        first <= in_data;
      if (put && !take && used == 2'd1)
        second <= in_data;
    end
  end
endmodule
