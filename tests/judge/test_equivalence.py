"""What is proved alike is alike, what is refuted differs, and everything else is unknown."""

import pytest

from ct_retrain.judge.equivalence import locate_yosys
from ct_retrain.judge.judge import Judge

pytestmark = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")


def comb(expression: str) -> str:
    return f"module m(input [3:0] a, b, output [3:0] y); assign y = {expression}; endmodule"


def clocked(body: str, edges: str = "posedge clk", reset: str = "rst") -> str:
    return f"module m(input clk, {reset}, d, output reg [1:0] q);\n  always @({edges}) {body}\nendmodule"


COUNT = "if (rst) q <= 0; else q <= q + 1;"

PAIRS = {
    "commuted": (comb("a + b"), comb("b + a"), True),
    "two's complement": (comb("a - b"), comb("a + ~b + 4'd1"), True),
    "or is not xor": (comb("a ^ b"), comb("a | b"), False),
    "minus three is plus one": (clocked(COUNT), clocked("q <= rst ? 0 : q - 3;"), True),
    "needs its input": (clocked(COUNT), clocked("q <= rst ? 0 : q + d;"), False),
    "asynchronous reset": (clocked(COUNT), clocked(COUNT, "posedge clk or posedge rst"), False),
    "other edge": (clocked(COUNT), clocked(COUNT, "negedge clk"), False),
    "low reset": (
        clocked("if (!rst_n) q <= 1; else q <= {q[0], q[1]};", reset="rst_n"),
        clocked("if (!rst_n) q <= 1; else q <= ~q;", reset="rst_n"),
        True,
    ),
    "unreachable state": (
        clocked("if (rst) q <= 2; else case (q) 0: q <= 3; 1: q <= 1; default: q <= 5 - q; endcase"),
        clocked("if (rst) q <= 2; else case (q) 0: q <= 2; 1: q <= 1; default: q <= 5 - q; endcase"),
        True,
    ),
    "no reset to start from": (clocked("q <= q + 1;", reset="x"), clocked("q <= q + 2;", reset="x"), None),
    "open outputs": (comb("a == 0 ? 4'bxxxx : b"), comb("b & {4{|a}}"), None),
    "other ports": (comb("a"), comb("a").replace("b,", "c,"), None),
    "not synthesizable": (comb("a"), comb("a; initial $finish"), None),
    "not Verilog": (comb("a"), "module m(", None),
}


@pytest.mark.parametrize(("golden", "other", "answer"), PAIRS.values(), ids=PAIRS)
def test_pairs_whose_answer_is_known(judge: Judge, golden: str, other: str, answer: bool | None) -> None:
    assert judge.prover.same(golden, other, "m") is answer
