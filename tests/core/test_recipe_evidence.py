"""When a challenger is told to have won: rarely where it is no better, in time where it is, and all pay from one level."""

import numpy as np
import pytest

from ct_retrain.core.record import digest
from ct_retrain.core.records.recipe import ComparedNight
from ct_retrain.core.rules.eprocess import e_process
from ct_retrain.core.rules.recipe_evidence import recipe_evidence

DEFAULT = digest("default")
ALPHA = 0.05


def nights(name: str, differences: list[float], first: int = 0) -> list[ComparedNight]:
    return [
        ComparedNight(
            night=f"2026-{1 + day // 28:02}-{1 + day % 28:02}",
            challenger=name,
            recipe=digest(name),
            default=DEFAULT,
            difference=difference,
        )
        for day, difference in enumerate(differences, first)
    ]


def test_no_difference_is_no_evidence() -> None:
    (found,) = recipe_evidence(nights("a", [0.0] * 20), ALPHA)
    assert found.e_value == pytest.approx(1.0)
    assert found.reached is None
    assert (
        "has not beaten the default recipe: evidence 1 of 40 needed over 20 nights, +0.0 points" in found.told
    )


def test_a_win_stays_a_win() -> None:
    (found,) = recipe_evidence(nights("a", [0.3] * 8 + [-0.3] * 20), ALPHA)
    assert found.reached == "2026-01-06"
    assert found.e_value < 1
    assert found.told.startswith("challenger a has beaten the default recipe on 2026-01-06")


def test_the_later_a_recipe_is_tried_the_more_it_needs_and_all_pay_from_one_level() -> None:
    every = [one for number in range(50) for one in nights(f"c{number}", [0.01])]
    needed = [one.needed for one in recipe_evidence(every, ALPHA)]

    assert needed[:3] == [40, 120, 240]
    assert sum(1 / one for one in needed) <= ALPHA


def test_another_default_recipe_starts_anew() -> None:
    before = nights("a", [0.3] * 5)
    after = [one.model_copy(update={"default": digest("other")}) for one in nights("a", [0.3], 5)]
    assert [len(one.nights) for one in recipe_evidence([*before, *after], ALPHA)] == [5, 1]


@pytest.mark.parametrize("mean", [0.0, -0.03])
@pytest.mark.parametrize("spread", [0.01, 0.06, 0.2])
def test_a_recipe_that_is_no_better_wins_no_more_often_than_the_level_allows(
    mean: float, spread: float
) -> None:
    random, runs = np.random.default_rng(int(1000 * spread)), 300
    won = sum(
        recipe_evidence(nights("a", list(random.normal(mean, spread, 60).clip(-1, 1))), ALPHA)[0].reached
        is not None
        for _ in range(runs)
    )
    assert won <= 15, f"{won} of {runs}; the first recipe has half of the level"


def test_a_better_recipe_wins_within_weeks() -> None:
    random = np.random.default_rng(1)
    won = [
        recipe_evidence(nights("a", list(random.normal(0.05, 0.06, 40))), ALPHA)[0].reached is not None
        for _ in range(100)
    ]
    assert sum(won) >= 90


def test_problems_as_units_would_find_a_winner_where_there_is_none() -> None:
    """One training moves all problems together, which the rule for mainline need not know and this one must."""
    random, wrong = np.random.default_rng(2), 0
    for _ in range(50):
        moves = random.normal(0, 0.06, 30)
        wrong += max(e_process([[move] * 100 for move in moves])) >= 1 / ALPHA
    assert wrong >= 25
