module binary_to_gray (
  input  wire clk,
  input  wire rst_n,
  input  wire valid_in,
  input  wire [5:0] binary,
  output reg  [5:0] gray,
  output reg  valid_out,
  output wire [2:0] distance
);
  wire [5:0] code = binary ^ {1'b0, binary[5:1]};
  wire [5:0] differs = code ^ gray;

  always @(posedge clk) begin
    if (!rst_n) begin
      gray      <= 6'd0;
      valid_out <= 1'b0;
    end else begin
      valid_out <= valid_in;
      if (valid_in) gray <= code;
    end
  end

  assign distance = {2'd0, differs[0]} + {2'd0, differs[1]} + {2'd0, differs[2]}
                  + {2'd0, differs[3]} + {2'd0, differs[4]} + {2'd0, differs[5]};
endmodule
