"""One small problem, a 2-bit counter, under every style of testbench the judge can read."""

GOLDEN = """
module counter(input clk, input rst, output reg [1:0] q);
  always @(posedge clk) if (rst) q <= 0; else q <= q + 1;
endmodule
"""

WRONG = GOLDEN.replace("q + 1", "q + 2")

EMPTY = "module counter(input clk, input rst, output reg [1:0] q);\nendmodule\n"

_BODY = """
  reg clk = 0, rst = 1;
  wire [1:0] q;
  reg [1:0] expected;
  integer checks = 0, errors = 0, i;
  counter dut(.clk(clk), .rst(rst), .q(q));
  always #5 clk = ~clk;
  initial begin
    @(posedge clk); #1 rst = 0; expected = 0;
    for (i = 0; i < 20; i = i + 1) begin
      checks = checks + 1;
      if (q !== expected) errors = errors + 1;
      @(posedge clk); #1 expected = expected + 1;
    end
    VERDICT
    $finish;
  end
"""


def _bench(verdict: str, rest: str = "") -> str:
    return f"`timescale 1ns/1ps\nmodule tb;{_BODY.replace('VERDICT', verdict)}{rest}endmodule\n"


HOUSE = '`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif\n' + _bench(
    '$display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);'
)

VERILOGEVAL = _bench("", '  final $display("Mismatches: %1d in %1d samples", errors, checks);\n')

PLAIN = _bench(
    'if (errors == 0) $display("=====Your Design Passed=====");'
    ' else $display("=====Test completed with %0d / 20 failures=====", errors);'
)

STYLES = {"house": HOUSE, "verilogeval": VERILOGEVAL, "plain": PLAIN}
