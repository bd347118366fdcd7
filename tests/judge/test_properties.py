"""A property holds only when it is looked at, and fails only when simulation shows it; by every engine."""

from collections.abc import Iterator

import pytest
from tests.judge.engines import ENGINES, judged_by

from ct_retrain.judge.formal.proof import Status, properties_hold
from ct_retrain.judge.judge import Judge


@pytest.fixture(scope="module", params=ENGINES)
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    with judged_by(request.param) as judge:
        yield judge


def dut(step: str, reset: str = "if (rst) q <= 0; else") -> str:
    return (
        "module dut(input clk, input rst, input d, output reg [1:0] q);\n"
        f"  always @(posedge clk) {reset} {step};\nendmodule\n"
    )


def watch(body: str, ports: str = "input clk, input rst, input d, input [1:0] q") -> str:
    return f"module watch({ports});\n{body}\nendmodule\n"


NOT_THREE = watch("always @(posedge clk) assert (q != 3);")
COUNT, SKIP = dut("q <= q + d"), dut("q <= q == 2 ? 0 : q + d")


@pytest.mark.parametrize(
    ("design", "properties", "status", "why"),
    [
        (SKIP, NOT_THREE, Status.PROVED, "proved"),
        (COUNT, NOT_THREE, Status.FAIL, "in simulation"),
        (COUNT, watch("always @* assert (q != 3);"), Status.FAIL, "in simulation"),
        (COUNT, watch("always @* assume (!d);\nalways @* assert (q == 0);"), Status.PROVED, "proved"),
        (COUNT, watch("always @* assume (0);\nalways @* assert (q == 1);"), Status.UNKNOWN, "vacuous"),
        (
            COUNT,
            watch("always @* assume (d != d);\nalways @* assert (1);"),
            Status.UNKNOWN,
            "vacuous: the assertion in line 3",
        ),
        (SKIP, watch("always @(posedge clk) if (q == 3) assert (0);"), Status.UNKNOWN, "vacuous"),
        (
            dut("q <= 2", reset=""),
            watch("always @* assert (q == 0);"),
            Status.FAIL,
            "in simulation",
        ),
        (dut("q[0] <= q[0]"), watch("always @* assert (!q[1]);"), Status.PROVED, "proved"),
        (dut("q <= 'bx"), watch("always @* assert (q == 0);"), Status.UNKNOWN, "does not show"),
        (
            COUNT + "\n",
            watch("always @* assert (q < 4);") + NOT_THREE.replace("watch", "w2"),
            Status.FAIL,
            "in sim",
        ),
        (dut("q <= q + d; always @* assume (!d)"), NOT_THREE, Status.FAIL, "in simulation"),
        (
            COUNT,
            "module dut(input clk); always @* assert (clk); endmodule",
            Status.UNSUPPORTED,
            "may not be called",
        ),
        (COUNT, watch("always @* assert (q);", "input [2:0] q"), Status.UNSUPPORTED, "width"),
        (COUNT, watch("always @* assert (e);", "input e"), Status.UNSUPPORTED, "no input of the name"),
        (COUNT, watch("assert property (@(posedge clk) q != 3);"), Status.UNSUPPORTED, "only immediate"),
        (COUNT, watch("initial assume (rst);\nalways @* assert (1);"), Status.UNSUPPORTED, "only immediate"),
        (COUNT, watch("wire w = $anyseq; always @* assert (w);"), Status.UNSUPPORTED, "$anyseq"),
        (COUNT, watch("always @* cover (q == 1);"), Status.UNSUPPORTED, "assert nothing"),
        (COUNT, "module watch(", Status.UNSUPPORTED, "no Verilog"),
        (COUNT + "initial $finish;", NOT_THREE, Status.UNSUPPORTED, "not synthesizable"),
    ],
    ids=[
        "holds",
        "fails at an edge",
        "fails between",
        "holds where assumed",
        "contradiction",
        "contradictory inputs",
        "never reached",
        "no reset",
        "left out of the reset",
        "unknown in simulation",
        "two modules",
        "the design's assumption",
        "name",
        "width",
        "no port",
        "concurrent",
        "initial",
        "free",
        "no assertion",
        "junk",
        "illegal",
    ],
)
def test_every_status_is_reached(
    judge: Judge, design: str, properties: str, status: Status, why: str
) -> None:
    found = properties_hold(judge, properties, design, "dut")

    assert found.status is status, found
    assert why in found.why
    assert bool(found.counterexample) is (status is Status.FAIL)


def test_assumptions_and_covers_are_reported_by_line(judge: Judge) -> None:
    body = "always @* assume (d);\nalways @(posedge clk) begin\n  assert (q != 3);\n  cover (q == 2);\n  cover (q == 3);\nend"
    found = properties_hold(judge, watch(body), SKIP, "dut")

    assert found.status is Status.PROVED
    assert "line 2: (d)" in found.assumptions
    assert [(cover.line, cover.reached) for cover in found.covers] == [(5, True), (6, False)]


def test_a_depth_bounds_the_search_where_there_is_no_proof(judge: Judge) -> None:
    counter = (
        "module dut(input clk, rst, output reg [3:0] q);\n"
        "  always @(posedge clk) if (rst) q <= 0; else q <= q + 1;\nendmodule\n"
    )
    properties = watch("always @* assert (q != 12);", "input [3:0] q")
    shallow = properties_hold(judge, properties, counter, "dut", 20)
    deep = properties_hold(judge, properties, counter, "dut", 40)

    # Reachability searches as deep as it must; only the bounded engines can miss it.
    expected = Status.FAIL if getattr(judge.prover.yosys, "abc", "") else Status.BOUNDED
    assert shallow.status is expected, shallow
    assert (shallow.depth == 20) is (expected is Status.BOUNDED)
    assert deep.status is Status.FAIL
