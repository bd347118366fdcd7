"""Scorecards side by side: what is compared, with what answer, and what is kept apart in words."""

from typing import Any

import pytest
from tests.core.test_scoring import JUDGE, MODEL, eval_spec, sample

from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.core.rules.leaderboard import NamedScorecard, leaderboard
from ct_retrain.core.rules.scoring import scorecard
from ct_retrain.core.rules.statistics import Resampling, paired

HOW = Resampling(0.95, 400, 0)
NAMES = [f"p{number:02}" for number in range(20)]


def card(passing: int, *, names: list[str] = NAMES, samples: int = 2, **changes: Any) -> Scorecard:
    """A scorecard on which the first *passing* problems pass."""
    outcomes = [Outcome.PASS if place < passing else Outcome.MISMATCH for place in range(len(names))]
    drawn = [
        sample(name, index, outcome)
        for name, outcome in zip(names, outcomes, strict=True)
        for index in range(samples)
    ]
    made = scorecard(eval_spec(*names, samples=samples), "candidate", MODEL, drawn)
    return made.model_copy(update=changes)


def test_the_best_stands_first_with_its_difference_to_the_base():
    board = leaderboard([NamedScorecard("base", card(5)), NamedScorecard("tuned", card(12))], HOW)

    (table,) = board.tables
    first, second = table.standings
    assert (first.name, second.name, table.base) == ("tuned", "base", "base")
    assert second.remark == "the base"
    found = first.difference
    expected = paired(card(12).passes, card(5).passes, 2, HOW)
    assert found is not None
    assert (found.value, found.low, found.high) == (expected.difference, expected.low, expected.high)
    assert found.p_value == pytest.approx(2 * expected.p_value)
    assert found.low > 0


@pytest.mark.parametrize("samples", [1, 4])
def test_the_p_value_has_no_side(samples: int):
    entries = [NamedScorecard("a", card(5, samples=samples)), NamedScorecard("b", card(12, samples=samples))]

    up, down = (
        leaderboard(entries, HOW, base).tables[0].standings[place].difference
        for base, place in (("a", 0), ("b", 1))
    )

    assert up is not None
    assert down is not None
    assert up.p_value == down.p_value < 0.05
    assert up.value == -down.value


def test_equal_answers_differ_by_nothing_for_certain():
    found = (
        leaderboard([NamedScorecard("a", card(5)), NamedScorecard("b", card(5))], HOW)
        .tables[0]
        .standings[1]
        .difference
    )

    assert found is not None
    assert (found.value, found.low, found.high, found.p_value) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (card(7, suite="t"), "another suite, t instead of s"),
        (
            card(7, tools=(JUDGE.model_copy(update={"version": "12"}), MODEL)),
            "icarus 12 instead of icarus 11",
        ),
        (
            card(7, tools=(JUDGE.model_copy(update={"detail": "5 s; yosys 0.33"}), MODEL)),
            "icarus 11 with 5 s; yosys 0.33 instead of",
        ),
        (card(3, names=NAMES[:-1]), "1 problems only there: p19"),
        (card(7, suite_digest="0" * 64), "the same names and other texts"),
    ],
)
def test_what_cannot_be_compared_has_a_table_of_its_own_and_a_reason(other: Scorecard, said: str):
    board = leaderboard([NamedScorecard("base", card(5)), NamedScorecard("other", other)], HOW)

    assert [table.base for table in board.tables] == ["base", "other"]
    (why,) = board.apart
    assert why.startswith("other: not compared with base: ")
    assert said in why


def test_other_sampling_is_marked_and_another_seed_is_no_other_sampling():
    sampling = card(5).sampling
    hot = card(9, sampling=sampling.model_copy(update={"temperature": 1.0, "seed": 3}))
    reseeded = card(9, sampling=sampling.model_copy(update={"seed": 3}))

    board = leaderboard(
        [NamedScorecard("base", card(5)), NamedScorecard("hot", hot), NamedScorecard("reseeded", reseeded)],
        HOW,
    )

    by_name = {one.name: one for one in board.tables[0].standings}
    assert by_name["hot"].difference is None
    assert by_name["hot"].remark == "not compared: temperature 1.0, the base 0.6"
    assert by_name["reseeded"].difference is not None


def test_a_base_is_chosen_by_name():
    board = leaderboard([NamedScorecard("a", card(5)), NamedScorecard("b", card(9))], HOW, "b")

    assert board.tables[0].base == "b"
