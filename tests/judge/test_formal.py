"""Only a proof is called proved, and only a replayed counterexample a failure."""

import pytest
from tests.judge.test_equivalence import COUNT, clocked, comb

from ct_retrain.judge.equivalence import locate_yosys
from ct_retrain.judge.formal import Status, equivalent
from ct_retrain.judge.judge import Judge

YOSYS = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")

WIDE = "module m(input clk, rst, input [31:0] a, b, output reg [63:0] y);\n  always @(posedge clk) {}\nendmodule\n"


@YOSYS
@pytest.mark.parametrize(
    ("golden", "candidate", "status"),
    [
        (comb("a + b"), comb("b + a"), Status.PROVED),
        (comb("a ^ b"), comb("a | b"), Status.FAIL),
        (clocked(COUNT), clocked("q <= rst ? 0 : q - 3;"), Status.PROVED),
        (clocked(COUNT), clocked("q <= rst ? 0 : q + d;"), Status.FAIL),
        (clocked(COUNT), clocked(COUNT, "negedge clk"), Status.FAIL),
        (clocked(COUNT), clocked(COUNT, "posedge clk or posedge rst"), Status.FAIL),
        (clocked("q <= q + 1;", reset="x"), clocked("q <= q + 2;", reset="x"), Status.UNKNOWN),
        (comb("a"), comb("a").replace("b,", "c,"), Status.UNSUPPORTED),
        (comb("a"), comb("a; initial $finish"), Status.UNSUPPORTED),
        (
            WIDE.format("if (rst) y <= 0; else y <= a * b + y;"),
            WIDE.format("if (rst) y <= 0; else y <= y + b * (a - 1) + b;"),
            Status.BOUNDED,
        ),
    ],
    ids=[
        "alike",
        "differs",
        "alike, clocked",
        "differs, clocked",
        "edge",
        "reset",
        "open",
        "ports",
        "illegal",
        "hard",
    ],
)
def test_every_status_is_reached(judge: Judge, golden: str, candidate: str, status: Status) -> None:
    found = equivalent(judge, golden, candidate, "m")

    assert found.status is status, found
    assert bool(found.counterexample) is (status is Status.FAIL)
    assert (found.depth > 0) is (status is Status.BOUNDED) or status is Status.FAIL


def test_without_an_engine_nothing_is_said(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge.prover, "yosys", None)

    assert equivalent(judge, comb("a"), comb("a"), "m").status is Status.NOT_RUN
