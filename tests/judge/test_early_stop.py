"""A testbench that ends at its first counted error scores as one that runs to its end; one whose count may fall runs."""

from pathlib import Path

import pytest
from benchmarks._without_early_stop import WithoutEarlyStop
from tests.judge.benches import GOLDEN, HOUSE, PLAIN, VERILOGEVAL, WRONG

from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.credibility import Credibility, credibility
from ct_retrain.judge.evidence.early_stop import STOP_MARK
from ct_retrain.judge.evidence.experiment import Experiment
from ct_retrain.judge.evidence.harness import Harness, Nonce, harness
from ct_retrain.judge.evidence.random_streams import KEY_BLANK
from ct_retrain.judge.evidence.verdict import read_verdict
from ct_retrain.judge.judge import Judge
from ct_retrain.suites.load import load_suite

INSIDE = VERILOGEVAL.replace(
    "integer checks = 0, errors = 0, i;", "struct packed {int errors; int n;} s; integer i;"
)
INSIDE = INSIDE.replace("checks = checks + 1", "s.n++").replace("errors = errors + 1", "s.errors++")
INSIDE = INSIDE.replace(", errors, checks)", ", s.errors, s.n)")
ADDED = "errors = errors + 1"
LATER = "@(posedge clk); #1 rst"


def _stopping(testbench: str) -> Harness:
    made = harness(testbench, changed=Experiment(stops=True))
    assert isinstance(made, Harness)
    return made


@pytest.mark.parametrize(
    "testbench",
    [
        HOUSE,
        VERILOGEVAL,
        INSIDE,
        HOUSE.replace(ADDED, "errors++"),
        HOUSE.replace(ADDED, "errors += 1"),
        HOUSE.replace(ADDED, "errors <= errors + 1'b1"),
        HOUSE.replace("initial begin", "initial begin checks = 0; errors = 0;"),
        HOUSE.replace("$finish;", 'if (errors > 3) $display("many: %0d", errors); $finish;'),
    ],
)
def test_a_count_that_only_grows_ends_the_test(judge: Judge, testbench: str) -> None:
    assert _stopping(testbench).stops
    right, wrong = (
        judge.plain.check(Design(rtl=text, testbench=testbench, stops=True)) for text in (GOLDEN, WRONG)
    )

    assert right.passed
    assert (wrong.outcome, wrong.detail, wrong.errors) == (Outcome.MISMATCH, STOP_MARK, 1)


@pytest.mark.parametrize(
    "testbench",
    [
        PLAIN,
        HOUSE.replace("$finish;", "errors = errors - 1; $finish;"),
        HOUSE.replace("$finish;", "errors--; $finish;"),
        HOUSE.replace("$finish;", "errors = 0; $finish;"),
        HOUSE.replace(LATER, f"#3 errors = 0; {LATER}"),
        HOUSE.replace("initial begin", "initial begin wait (!clk) errors = 0;"),
        HOUSE.replace("always #5", "always @(posedge rst) errors = 0;\n  always #5"),
        HOUSE.replace("always #5", "wire [31:0] seen; assign seen = errors;\n  always #5"),
        HOUSE.replace(ADDED, "errors = errors + i"),
        HOUSE.replace(ADDED, "add(errors)"),
        HOUSE.replace("integer checks = 0, errors = 0, i;", "integer checks = 0, i; reg [1:0] errors = 0;"),
        HOUSE.replace("integer checks = 0, errors = 0, i;", "integer checks = 0, errors = -1, i;"),
        HOUSE.replace("checks, errors);", "checks, errors - 1);"),
        HOUSE.replace(
            "$finish;",
            'if (i < 0) $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, checks); $finish;',
        ),
        HOUSE.replace("$finish;", 'i = $sscanf("0", "%d", errors); $finish;'),
        HOUSE.replace("endmodule\n", "endmodule\nmodule other; initial #9 tb.errors = 0; endmodule\n"),
        INSIDE.replace("$finish;", "s = 0; $finish;"),
        INSIDE.replace("$finish;", "s.errors = 0; $finish;"),
    ],
)
def test_a_testbench_whose_count_may_fall_or_says_something_else_runs_to_its_end(testbench: str) -> None:
    assert not _stopping(testbench).stops
    assert STOP_MARK not in _stopping(testbench).source


def test_an_error_that_is_taken_back_is_no_error(judge: Judge) -> None:
    forgiving = HOUSE.replace('$display("%0s', 'if (errors > 0) errors = 0;\n    $display("%0s')

    assert judge.plain.check(Design(rtl=WRONG, testbench=forgiving, stops=True)).passed


def test_an_error_at_time_zero_may_be_reset_by_the_start(judge: Judge) -> None:
    early = HOUSE.replace("initial begin", "initial begin errors = 0;")
    early = early.replace("always #5", "initial if (q !== 0) errors = errors + 1;\n  always #5")

    assert _stopping(early).stops
    both = [judge.plain.check(Design(rtl=GOLDEN, testbench=early, stops=stops)) for stops in (False, True)]
    assert both[0] == both[1]


def test_a_design_cannot_say_that_the_test_was_stopped() -> None:
    made, nonce = _stopping(HOUSE), Nonce.drawn()
    ended = f"{nonce.mark} checks=20 errors=0\n{nonce.mark} end of test 300\n"

    assert read_verdict(made, nonce.mark, f"{STOP_MARK}\n{ended}", 0).outcome is Outcome.PASS
    assert read_verdict(made, nonce.mark, f"{nonce.mark} {STOP_MARK}\n", 0).outcome is Outcome.MISMATCH


def test_what_was_written_before_the_stop_on_its_line_changes_nothing(judge: Judge) -> None:
    written = VERILOGEVAL.replace(ADDED, f'begin $write("bad at %0d: ", i); {ADDED}; end')
    assert written != VERILOGEVAL
    assert _stopping(written).stops

    assert judge.plain.check(Design(rtl=WRONG, testbench=written, stops=True)).outcome is Outcome.MISMATCH


def test_a_number_that_looks_like_the_judge_s_own_blank_stays(judge: Judge) -> None:
    number = HOUSE.replace("reg clk = 0", f"localparam [31:0] KEY = 32'h{KEY_BLANK};\n  reg clk = 0")
    assert number != HOUSE

    for stops in (False, True):
        verdict = judge.plain.check(Design(rtl=WRONG, testbench=number, stops=stops))
        assert verdict.outcome is Outcome.MISMATCH, verdict


WEAK = HOUSE.replace("q !== expected", "^q === 1'bx")


@pytest.mark.parametrize("testbench", [HOUSE, VERILOGEVAL, INSIDE, PLAIN, WEAK])
def test_scores_are_those_of_whole_runs(judge: Judge, testbench: str) -> None:
    design = Design(rtl=GOLDEN, testbench=testbench)

    assert _timeless(credibility(judge.plain, design)) == _timeless(
        credibility(WithoutEarlyStop(judge.plain), design)
    )


@pytest.mark.slow
def test_the_scores_of_the_built_in_suite_are_those_of_whole_runs(judge: Judge) -> None:
    for problem in load_suite("behavioural", Path()).problems:
        design = Design(rtl=problem.golden, testbench=problem.testbench)
        now = _timeless(credibility(judge.plain, design))
        assert (problem.id, now) == (
            problem.id,
            _timeless(credibility(WithoutEarlyStop(judge.plain), design)),
        )


def test_proofs_end_with_their_time(judge: Judge) -> None:
    spent = judge.prover.within(0)

    assert spent(GOLDEN, WRONG, "counter") is None


@pytest.mark.parametrize("seconds", [1, 5])
def test_proofs_in_time_are_those_without_a_limit(judge: Judge, seconds: int) -> None:
    asked = judge.prover.within(seconds)
    pairs = [(GOLDEN, WRONG), (GOLDEN, GOLDEN.replace("q + 1", "1 + q"))]

    assert [asked(*pair, "counter") for pair in pairs] == [
        judge.prover.same(*pair, "counter") for pair in pairs
    ]


def _timeless(found: Credibility) -> Credibility:
    return found.model_copy(update={"seconds": 0.0})
