"""Whatever shape an answer has, the right design in it passes and the wrong one does not, under both rules."""

import pytest
from tests.suites.layouts import v2
from tests.suites.shapes import HOLE, SHAPES

from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.fanout import check_all
from ct_retrain.suites.answer import rtl_of
from ct_retrain.suites.load import load_suite
from ct_retrain.suites.official import Official

RIGHT, WRONG = "a & b", "a | b"


@pytest.fixture(scope="module")
def problems(tmp_path_factory):
    root = tmp_path_factory.mktemp("suites")
    return [
        load_suite(str(v2(root, ["Prob001_zero"], header=header)), root).problems[0]
        for header in (False, True)
    ]


def outcomes(simulator, problems, value: str) -> dict[str, Outcome]:
    designs: list[Design] = []
    for answer, header in SHAPES.values():
        problem = problems[header]
        designs.append(problem.design(rtl_of(problem, answer.replace(HOLE, value))))
    return {
        name: verdict.outcome for name, verdict in zip(SHAPES, check_all(simulator, designs, 2), strict=True)
    }


def test_there_are_many_shapes():
    assert len(SHAPES) >= 90
    assert all(HOLE in answer for answer, _ in SHAPES.values())


@pytest.mark.parametrize("rule", ["hardened", "official"])
@pytest.mark.parametrize(("value", "outcome"), [(RIGHT, Outcome.PASS), (WRONG, Outcome.MISMATCH)])
def test_an_answer_is_judged_by_its_design_and_not_by_its_shape(judge, problems, rule, value, outcome):
    simulator = judge if rule == "hardened" else Official(judge.icarus, "verilogeval-v2")

    found = outcomes(simulator, problems, value)

    assert {name: other for name, other in found.items() if other is not outcome} == {}
