"""Problems judged by proof: proved is a pass, a replayed counterexample a failure, and unknown is neither."""

import shutil
from pathlib import Path

import pytest
from tests.suites.layouts import HOLE, TOGGLE, notsotiny_row, write_lines
from tests.suites.test_layouts import proof_row, reasons

from ct_retrain.core.configuration.settings import GateSettings, JudgeSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Tool
from ct_retrain.core.records.problem import Completion, Problem, Sampling
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.core.rules.scoring import EvalSpec, scorecard
from ct_retrain.judge.judge import Judge
from ct_retrain.stages._samples import sample_of
from ct_retrain.suites.answer import rtl_of
from ct_retrain.suites.health import health
from ct_retrain.suites.load import load_suite

pytestmark = pytest.mark.skipif(shutil.which("yosys") is None, reason="yosys is not installed")
COUNTER = """module count(input clk, input rst, output reg [2:0] q);
  always @(posedge clk) if (rst) q <= 0; else q <= {what};
endmodule
"""
FREE = COUNTER.replace("if (rst) q <= 0; else ", "").replace("input rst, ", "")


def problems(root: Path, *rows: dict[str, object]) -> dict[str, Problem]:
    suite = load_suite(str(write_lines(root / "proofs.jsonl", list(rows))), root)
    assert not suite.rejected
    return {one.id: one for one in suite.problems}


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        (COUNTER.format(what="q - 3'd7"), Outcome.PASS, "proved"),
        (
            COUNTER.format(what="stuck ? q : q + 3'd1").replace(
                ";\n",
                ";\n  reg stuck;\n  always @(posedge clk) if (stuck) stuck <= 1; else stuck <= rst & stuck;\n",
                1,
            ),
            Outcome.UNPROVEN,
            "not so in simulation",
        ),
        (
            COUNTER.format(what="q + 3'd1")
            .replace("q <=", "n <=")
            .replace(";\n", ";\n  reg [2:0] n;\n  always @(rst) q = n;\n", 1),
            Outcome.UNPROVEN,
            "not so in simulation",
        ),
        (COUNTER.format(what="#7 q + 3'd1"), Outcome.PASS, "proved"),
        (COUNTER.format(what="q + 3'd2"), Outcome.MISMATCH, "and in simulation"),
        (COUNTER.format(what="q + 3'd1").replace("[2:0]", "[3:0]"), Outcome.MISMATCH, "the ports differ"),
        (COUNTER.format(what="q + + ;"), Outcome.COMPILE_ERROR, "design.v"),
        (COUNTER.format(what="nobody.q"), Outcome.FORBIDDEN, "line 2"),
        (COUNTER.format(what="q").replace("count", "other"), Outcome.COMPILE_ERROR, "count"),
    ],
)
def test_a_proof_judges(judge: Judge, tmp_path: Path, answer: str, outcome: Outcome, detail: str) -> None:
    golden = COUNTER.format(what="q + 3'd1")
    problem = problems(tmp_path, proof_row("count", golden=golden, top="count"))["count"]
    verdict = judge.check(problem.design(answer))

    assert (verdict.outcome, detail in verdict.detail) == (outcome, True), verdict.detail
    assert ("step 0:" in verdict.log) == ("and in simulation" in detail)


def test_what_is_neither_proved_nor_refuted_is_no_pass_and_is_counted_apart(
    judge: Judge, tmp_path: Path
) -> None:
    """Without a reset no start ensures the difference that the engines find from zero."""
    row = proof_row("free", golden=FREE.format(what="q + 3'd1"), top="count")
    suite = load_suite(str(write_lines(tmp_path / "proofs.jsonl", [row])), tmp_path)
    problem = suite.problems[0]
    answers = [FREE.format(what="q + 3'd2"), FREE.format(what="q - 3'd7")]
    samples = [
        sample_of(
            Completion(prompt_id="free", index=place, text=text, finished=True, tokens=1),
            rtl_of(problem, text),
            judge.check(problem.design(rtl_of(problem, text))),
        )
        for place, text in enumerate(answers)
    ]
    sampling = Sampling(samples=2, temperature=0, top_p=1, max_new_tokens=1, seed=0)
    spec = EvalSpec(suite, sampling, GateSettings(bootstrap=200), judge.tool)
    card = scorecard(spec, "candidate", Tool(name="m", version="1"), samples)

    assert card.outcomes == {"pass": 1, "unproven": 1}
    assert samples[0].verdict.detail.startswith("unknown: differs from a start at zero")
    assert (card.functional.value, card.forged) == (0.5, 0)
    assert card.judged_otherwise == {"proof": 1}


def test_the_health_check_proves_each_golden_equal_to_itself_and_refutes_stubs(
    judge: Judge, tmp_path: Path
) -> None:
    unreadable = "module count(input a, output y);\n  assign #1 y = a;\n  initial #5 y = 0;\nendmodule\n"
    rows = [
        proof_row("right"),
        proof_row("zero", golden="module zero(input a, output y); assign y = 0; endmodule\n", top="zero"),
        proof_row("broken", golden=unreadable, top="count"),
    ]
    found = health(load_suite(str(write_lines(tmp_path / "proofs.jsonl", rows)), tmp_path), judge)

    assert [one.id for one in found.suite.problems] == ["right", "zero"], (
        "a stub that is right is no weakness"
    )
    assert reasons(found).keys() == {"broken"}


def test_notsotiny_compares_whole_designs_with_the_hole_filled(judge: Judge, tmp_path: Path) -> None:
    rows = [notsotiny_row("tt00/toggle:1"), notsotiny_row("dead", top_module_name="unused")]
    path = write_lines(tmp_path / "tiny.jsonl", rows)
    suite = load_suite(str(path), tmp_path)
    problem = suite.problems[0]

    assert (suite.kind, reasons(suite)) == ("notsotiny", {"tiny.jsonl:2": "wrong_interface"})
    assert (problem.id, problem.top, problem.category) == ("tt00_toggle_1", "toggle", "sequential")
    assert "module unused" not in problem.golden
    assert [one.id for one in health(suite, judge).suite.problems] == [problem.id]
    body = TOGGLE + "endmodule\n"
    for answer, outcome in (
        (body, Outcome.PASS),
        (f"```verilog\n{body}```", Outcome.PASS),
        (HOLE.format(body=TOGGLE.replace("~q", "q ^ en")), Outcome.PASS),
        (body.replace("~q", "q"), Outcome.MISMATCH),
    ):
        assert judge.check(problem.design(rtl_of(problem, answer))).outcome is outcome, answer


def test_without_an_engine_nothing_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problems(tmp_path, proof_row("right"))["right"]
    monkeypatch.setattr("ct_retrain.judge.prover.locate_yosys", lambda: None)
    settings = JudgeSettings(simulator="icarus", second_opinion=False)
    with Judge(settings) as judge, pytest.raises(ToolError, match="install yosys"):
        judge.check(problem.design(problem.golden))
