"""What the testbenches of the built-in suite are worth, beside copies of them that hardly look."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from ct_retrain.core.records.problem import Problem
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.judge.credibility import Credibility, credibility
from ct_retrain.judge.judge import Judge
from ct_retrain.suites.load import load_suite

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed"),
]


class Pair(NamedTuple):
    """Both of one problem; the weak one without proofs, for it lets through what is proved already to differ."""

    own: Credibility
    weak: Credibility

    @property
    def drop(self) -> float:
        """Share of the wrong designs that only the suite's own testbench notices."""
        return (self.own.killed - self.weak.killed) / self.own.mutants


_COMPARED = re.compile(r"if \((\w+) !== (\w+)\)")


def hardly_looking(testbench: str) -> str:
    """*testbench* comparing one bit of one output, the first it names, in its first eight checks."""
    found = _COMPARED.search(testbench)
    assert found is not None
    return _COMPARED.sub(
        lambda one: (
            f"if (checks <= 8 && ({one[1]} & 1) !== ({one[2]} & 1))" if one[1] == found[1] else "if (1'b0)"
        ),
        testbench,
    )


@pytest.fixture(scope="module")
def pairs(judge: Judge) -> Mapping[str, Pair]:
    def of(problem: Problem) -> Pair:
        own = Design(rtl=problem.golden, testbench=problem.testbench)
        weak = Design(rtl=problem.golden, testbench=hardly_looking(problem.testbench))
        return Pair(credibility(judge.plain, own, same=judge.prover.same), credibility(judge.plain, weak))

    problems = load_suite("behavioural", Path()).problems
    with ThreadPoolExecutor(2) as pool:
        return dict(zip((problem.id for problem in problems), pool.map(of, problems), strict=True))


def test_no_stub_passes_a_testbench_of_the_suite(pairs: Mapping[str, Pair]) -> None:
    assert {name: pair.own.stubs_passed for name, pair in pairs.items() if pair.own.stubs_passed} == {}


def test_every_testbench_of_the_suite_notices_nine_of_ten_wrong_designs(pairs: Mapping[str, Pair]) -> None:
    assert {name: pair.own.low for name, pair in pairs.items() if pair.own.low < 0.9} == {}


def test_one_that_hardly_looks_is_worth_clearly_less(pairs: Mapping[str, Pair]) -> None:
    drops = {name: pair.drop for name, pair in pairs.items()}

    assert {name for name, pair in pairs.items() if pair.weak.golden is not Outcome.PASS} == set()
    assert {name: drop for name, drop in drops.items() if drop < 0.2} == {}
    assert sum(drops.values()) / len(drops) >= 0.6
