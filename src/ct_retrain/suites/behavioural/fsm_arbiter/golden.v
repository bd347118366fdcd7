module fsm_arbiter (
  input  wire clk,
  input  wire rst,
  input  wire [1:0] req,
  output wire [1:0] gnt
);
  localparam FREE = 2'b00;
  localparam OWN0 = 2'b01;
  localparam OWN1 = 2'b10;

  reg [1:0] state;
  reg       last;
  reg [1:0] age;

  always @(posedge clk) begin
    if (rst) begin
      state <= FREE;
      last  <= 1'b1;
      age   <= 2'd0;
    end else begin
      if (age != 2'd3) age <= age + 2'd1;
      case (state)
        OWN0: if (!req[0] || (req[1] && age == 2'd3)) begin
          state <= req[1] ? OWN1 : FREE;
          last  <= 1'b0;
          age   <= 2'd0;
        end
        OWN1: if (!req[1] || (req[0] && age == 2'd3)) begin
          state <= req[0] ? OWN0 : FREE;
          last  <= 1'b1;
          age   <= 2'd0;
        end
        default: begin
          age <= 2'd0;
          if (req[0] && (!req[1] || last))
            state <= OWN0;
          else if (req[1])
            state <= OWN1;
        end
      endcase
    end
  end

  assign gnt = state;
endmodule
