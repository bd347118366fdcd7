"""A testbench that looks scores high, one that does not is named, and survivors are what they are proved to be."""

import pytest
from tests.judge.benches import GOLDEN, HOUSE, PLAIN, VERILOGEVAL

from ct_retrain.core.records.verdict import DataFile, Design, Outcome
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.judge.credibility import credibility
from ct_retrain.judge.judge import Judge

YOSYS = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")

WEAK = {
    "house": HOUSE.replace("q !== expected", "^q === 1'bx"),
    "blind": HOUSE.replace("q !== expected", "q != expected && 0"),
}


@pytest.mark.parametrize("testbench", [HOUSE, VERILOGEVAL, PLAIN], ids=["house", "verilogeval", "plain"])
def test_a_testbench_that_looks_kills_what_differs(judge: Judge, testbench: str) -> None:
    found = credibility(judge, Design(rtl=GOLDEN, testbench=testbench), same=judge.prover.same)

    assert (found.golden, found.stubs_passed, found.vacuous) == (Outcome.PASS, (), False)
    assert found.high >= 0.9
    assert found.low <= found.high


@YOSYS
def test_a_weak_testbench_scores_clearly_lower(judge: Judge) -> None:
    strong = credibility(judge, Design(rtl=GOLDEN, testbench=HOUSE), same=judge.prover.same)
    weak = credibility(judge, Design(rtl=GOLDEN, testbench=WEAK["house"]), same=judge.prover.same)

    assert weak.high < strong.low - 0.2
    assert weak.different > 0


def test_a_testbench_that_never_looks_is_called_vacuous(judge: Judge) -> None:
    found = credibility(judge, Design(rtl=GOLDEN, testbench=WEAK["blind"]))

    assert found.vacuous
    assert {"0", "1", "x", "z"} <= set(found.stubs_passed)
    assert found.low == 0


def test_without_a_proof_the_score_is_an_interval(judge: Judge) -> None:
    found = credibility(judge, Design(rtl=GOLDEN, testbench=WEAK["house"]))

    assert found.undecided > 0
    assert found.low < found.high


def test_a_design_that_nothing_was_done_to_has_no_score(judge: Judge) -> None:
    wire = "module counter(input clk, input rst, output [1:0] q);\n  assign q = {clk, rst};\nendmodule\n"
    bench = HOUSE.replace("q !== expected", "q !== {clk, rst}")
    found = credibility(judge, Design(rtl=wire, testbench=bench), most=0)

    assert (found.golden, found.mutants, found.vacuous) == (Outcome.PASS, 0, False)
    assert (found.low, found.high) == (0.0, 0.0)
    assert found.told == 5


def test_gates_are_made_wrong_like_operators(judge: Judge) -> None:
    gate = "module counter(input clk, input rst, output [1:0] q);\n  buf (q[0], clk); not (q[1], clk);\nendmodule\n"
    bench = HOUSE.replace("q !== expected", "q !== {~clk, clk}")
    found = credibility(judge, Design(rtl=gate, testbench=bench), same=judge.prover.same)

    assert (found.golden, found.vacuous) == (Outcome.PASS, False)
    assert {one.name: one.killed for one in found.operators}["other gate"] == 2


def test_stubs_that_do_not_compile_have_told_nothing(judge: Judge) -> None:
    looking_inside = HOUSE.replace("if (q !== expected)", "if (0 && dut.inner !== expected)")
    rtl = GOLDEN.replace("always", "wire inner = q[0];\n  always")
    found = credibility(judge, Design(rtl=rtl, testbench=looking_inside))

    assert (found.golden, found.stubs_passed, found.told) == (Outcome.PASS, (), 0)
    assert found.vacuous


def test_mutants_lie_beside_the_files_that_the_testbench_reads(judge: Judge) -> None:
    reading = HOUSE.replace(
        "@(posedge clk); #1 rst = 0; expected = 0;",
        '$readmemh("first.hex", first); @(posedge clk); #1 rst = 0; expected = first[0];',
    ).replace("reg [1:0] expected;", "reg [1:0] expected; reg [1:0] first [0:0];")
    design = Design(rtl=GOLDEN, testbench=reading, files=(DataFile(name="first.hex", text="0\n"),))
    found = credibility(judge, design, most=6)

    assert found.golden is Outcome.PASS
    assert found.killed == found.mutants == 6


def test_nothing_is_said_of_a_testbench_that_its_golden_fails(judge: Judge) -> None:
    found = credibility(judge, Design(rtl=GOLDEN.replace("q + 1", "q"), testbench=HOUSE))

    assert (found.golden, found.mutants, found.vacuous) == (Outcome.MISMATCH, 0, False)
