"""Right designs pass and wrong ones do not, however their testbench tells its verdict."""

import pytest
from tests.judge.benches import EMPTY, GOLDEN, WRONG
from tests.judge.reading.free_benches import FREE

from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.judge import Judge

STUCK = GOLDEN.replace("q + 1", "q")
SOMETIMES_UNKNOWN = GOLDEN.replace("q <= q + 1", "q <= q == 2 ? 2'bxx : q + 1")
LATE = GOLDEN.replace("q <= q + 1", "q <= n == 17 ? 0 : q + 1").replace(
    "always", "reg [4:0] n = 0;\n  always @(posedge clk) if (rst) n <= 0; else n <= n + 1;\n  always"
)


@pytest.mark.parametrize("name", FREE)
def test_a_right_design_passes(judge: Judge, name: str) -> None:
    verdict = judge.check(Design(rtl=GOLDEN, testbench=FREE[name]))

    assert verdict.passed, verdict


PATIENT = "waits, with a watchdog"
"""It waits until the counter is right again, so a late mistake is none to it."""


@pytest.mark.parametrize(
    ("rtl", "name"),
    [
        (rtl, name)
        for rtl in (WRONG, EMPTY, STUCK, SOMETIMES_UNKNOWN, LATE)
        for name in FREE
        if (rtl, name) != (LATE, PATIENT)
    ],
)
def test_a_wrong_design_does_not(judge: Judge, rtl: str, name: str) -> None:
    verdict = judge.check(Design(rtl=rtl, testbench=FREE[name]))

    assert not verdict.passed, verdict


ALWAYS = """module tb;
  reg clk = 0, rst = 1; wire [1:0] q; counter dut(.clk(clk), .rst(rst), .q(q));
  always #5 clk = ~clk;
  initial begin #100 SAYS $finish; end
endmodule
"""


@pytest.mark.parametrize(
    "says",
    [
        '$display("ALL TESTS PASSED");',
        'if (1) $display("ALL TESTS PASSED"); else $display("FAILED");',
        '$display("errors = %0d", 0);',
        'if (q[0] === q[0]) $display("PASS"); else $display("FAIL");',
        '$display("q=%b", q);',
        "",
    ],
)
def test_a_testbench_that_says_the_same_of_every_design_is_no_evidence(judge: Judge, says: str) -> None:
    verdict = judge.check(Design(rtl=GOLDEN, testbench=ALWAYS.replace("SAYS", says)))

    assert verdict.outcome is Outcome.NO_EVIDENCE, verdict


def test_a_testbench_that_misses_its_data_is_no_evidence_and_names_the_place(judge: Judge) -> None:
    reading = FREE["only errors"].replace(
        "initial begin",
        'reg [7:0] rom [0:3]; integer f;\n  initial begin f = $fopen("v.txt", "r"); i = $fgetc(f);',
        1,
    )
    verdict = judge.check(Design(rtl=GOLDEN, testbench=reading))

    assert verdict.outcome is Outcome.NO_EVIDENCE
    assert "a file that is not here" in verdict.detail
