"""Designs that behave like a golden are found however they are written; those that do not, stay."""

from collections.abc import Iterator

import pytest
from tests.decontamination.problems import GATE, MAJORITY, NEUTRAL, compared, rule

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.decontamination.behaviour import BehaviourTools
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.judge.judge import Judge

pytestmark = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")

REWRITTEN = """module jury(input r, input c, input [2:0] v, output [1:0] n, output ok);
  reg state;
  assign ok = state;
  assign n = {(v[0] & v[1]) | (v[0] & v[2]) | (v[1] & v[2]), ^v};
  always @(posedge c) state <= !r && n[1];
endmodule
"""


@pytest.fixture(scope="module")
def laboratory() -> Iterator[BehaviourTools]:
    with Judge(JudgeSettings(simulator="icarus", second_opinion=False)) as judge:
        yield BehaviourTools(judge, judge.prover.same)


def test_a_design_written_anew_under_other_names_is_proved_equal(laboratory: BehaviourTools) -> None:
    assert rule(NEUTRAL, REWRITTEN) == ""
    assert rule(NEUTRAL, REWRITTEN, laboratory) == "equivalent_rtl"


@pytest.mark.parametrize(
    ("old", "new"), [("n[1]", "n[0]"), ("!r", "r"), ("^v", "|v"), ("posedge c", "negedge c")]
)
def test_a_design_with_the_same_ports_that_behaves_otherwise_stays(
    laboratory: BehaviourTools, old: str, new: str
) -> None:
    found = compared((NEUTRAL, REWRITTEN.replace(old, new)), laboratory=laboratory)

    assert not found.matches
    assert found.behaviour.different == 1


def test_a_trivial_golden_is_no_evidence_however_it_is_written(laboratory: BehaviourTools) -> None:
    honest = "module and2(input a, input b, output y);\n  assign y = ~(~a | ~b);\nendmodule\n"

    assert rule(NEUTRAL, honest, laboratory) == ""
    renamed = honest.replace("and2", "gate").replace(
        "input a, input b, output y", "input p, input q, output r"
    )
    like = renamed.replace("assign y = ~(~a | ~b)", "assign r = ~(~p | ~q)")
    assert like != GATE
    assert rule(NEUTRAL, like, laboratory) == "equivalent_rtl", "name and ports are the problem's"


def test_what_cannot_be_simulated_or_exceeds_the_limit_is_counted(laboratory: BehaviourTools) -> None:
    speaks = REWRITTEN.replace("endmodule", 'initial $display("PASS");\nendmodule')
    assert compared((NEUTRAL, speaks), laboratory=laboratory).behaviour.unseen == 1
    assert compared((NEUTRAL, REWRITTEN)).behaviour.unasked == 1


def test_an_answer_with_many_pairs_is_the_same_every_time(laboratory: BehaviourTools) -> None:
    rows = [(NEUTRAL, REWRITTEN.replace("!r", text)) for text in ("!r", "r", "~r", "(r == 0)")]
    first, second = (compared(*rows, laboratory=laboratory) for _ in range(2))

    assert first == second
    assert list(first.matches) == [0, 2, 3]
    assert MAJORITY not in [answer for _, answer in rows]
