"""A bound is never a proof, and what formal tools cannot say leaves simulation's word alone."""

from itertools import pairwise, permutations

import pytest

from ct_retrain.core.rules.assurance import Assurance, Level, assurance

STRONGEST_FIRST = [
    assurance("proved"),
    assurance("bounded", 40, 1.0),
    assurance("bounded", 2, 0.1),
    assurance(credibility=1.0),
    assurance("unknown", 12, 0.5),
    assurance("not_run", credibility=0.0),
    assurance(),
]


def test_the_order_is_that_of_the_lattice() -> None:
    assert all(stronger > weaker for stronger, weaker in pairwise(STRONGEST_FIRST))


def test_sorting_does_not_depend_on_the_order_before() -> None:
    some = STRONGEST_FIRST[:5]

    assert all(sorted(shuffled, reverse=True) == some for shuffled in permutations(some))


@pytest.mark.parametrize("status", ["fail", "unknown", "unsupported", "not_run", None])
def test_only_a_proof_and_a_bound_say_more_than_simulation(status: str | None) -> None:
    assert assurance(status, 9, 0.75) == Assurance(level=Level.SIMULATED, credibility=0.75)


def test_a_bound_without_a_depth_is_none() -> None:
    assert assurance("bounded", 0, 0.5).level is Level.SIMULATED


def test_it_is_written_as_people_say_it() -> None:
    assert [str(one) for one in STRONGEST_FIRST[:4]] == [
        "proven",
        "bounded(40)",
        "bounded(2)",
        "simulated(1)",
    ]
    assert str(assurance()) == "simulated"
