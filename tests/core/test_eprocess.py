"""Replacing mainline: rarely wrong however many nights are looked at, and soon right when a release is better."""

import itertools

import numpy as np
import pytest
from tests.core.test_gate import SAMPLING, card, passes

from ct_retrain.core.rules.eprocess import (
    ServedNight,
    e_process,
    mainline_evidence,
    served_night,
)


def night(number: int, differences: list[float], **changes: object) -> ServedNight:
    facts = ServedNight(
        night=f"2026-01-{number:02d}",
        release="r",
        mainline="m",
        seed=number,
        differences=tuple(differences),
    )
    return facts.model_copy(update=changes)


def crossings(gain: float, runs: int, nights: int = 60) -> float:
    """Share of runs whose e-process ever reaches 20, on 60 problems that differ both ways, *gain* on the mean."""
    random = np.random.default_rng(7)
    crossed = 0
    for _ in range(runs):
        base = random.beta(0.4, 0.4, 30).repeat(2)
        moved = base + 0.3 * np.minimum(base, 1 - base) * np.tile((1, -1), 30)
        moved += gain * (1 - moved) / (1 - moved).mean()
        drawn = random.binomial(10, moved, (nights, 60)) - random.binomial(10, base, (nights, 60))
        crossed += max(e_process((drawn / 10).tolist())) >= 20
    return crossed / runs


def test_nothing_measured_is_no_evidence() -> None:
    evidence = mainline_evidence([], 0.05)

    assert (evidence.e_value, evidence.may_replace) == (1.0, False)


@pytest.mark.parametrize("count", [1, 2, 6])
def test_the_expectation_over_all_outcomes_of_fair_coins_is_one(count: int) -> None:
    patterns = itertools.product((-1.0, 1.0), repeat=count)

    assert np.mean([e_process([row])[-1] for row in patterns]) == pytest.approx(1.0)


def test_the_order_of_nights_does_not_change_the_end() -> None:
    random = np.random.default_rng(1)
    nights = [list(random.uniform(-1, 1, 5)) for _ in range(6)]

    assert e_process(nights)[-1] == pytest.approx(e_process(nights[::-1])[-1])


def test_a_difference_that_no_share_has_is_refused() -> None:
    with pytest.raises(ValueError, match="lies in"):
        e_process([[1.5]])


@pytest.mark.slow
def test_a_release_that_is_no_better_reaches_the_bound_in_at_most_alpha_of_all_runs() -> None:
    assert crossings(0.0, 500) <= 0.05


def test_a_release_that_is_better_reaches_it_in_nearly_all() -> None:
    assert crossings(0.03, 40) >= 0.9


def test_a_much_better_release_may_replace_mainline_after_few_nights() -> None:
    nights = [night(number, [0.1, 0.0, 0.2, 0.1, -0.1] * 20) for number in range(1, 4)]
    evidence = mainline_evidence(nights, 0.05)

    assert evidence.may_replace
    assert evidence.needed == pytest.approx(20)
    assert "may replace mainline" in evidence.explanation


def test_answers_drawn_with_one_seed_count_once() -> None:
    nights = [night(number, [0.05] * 20, seed=1) for number in range(1, 30)]
    evidence = mainline_evidence(nights, 0.05)

    assert evidence.nights == ("2026-01-01",)
    assert not evidence.may_replace


def test_evidence_against_an_earlier_mainline_does_not_count() -> None:
    nights = [night(number, [0.5] * 20, mainline="old") for number in range(1, 4)]

    assert not mainline_evidence([*nights, night(4, [0.0] * 20)], 0.05).may_replace


def test_a_release_that_is_itself_behind_does_not_replace_mainline_on_the_merits_of_others() -> None:
    nights = [night(number, [0.3] * 20) for number in range(1, 9)]
    evidence = mainline_evidence([*nights, night(9, [-0.01] * 20, release="new")], 0.05)

    assert evidence.e_value > evidence.needed
    assert not evidence.may_replace


def test_a_release_without_a_night_of_its_own_is_told_so() -> None:
    nights = [night(1, [0.5] * 60), night(2, [0.5] * 60, seed=1, release="new")]
    evidence = mainline_evidence(nights, 0.05)

    assert not evidence.may_replace
    assert "over nights with a new seed (1); none of them had this release." in evidence.explanation


def test_a_night_is_the_served_release_beside_mainline() -> None:
    cards = [card("candidate", passes(9)), card("champion", passes(5)), card("mainline", passes(4))]
    found = served_night("2026-01-01", cards)

    assert found is not None
    assert (found.release, found.mainline, found.seed) == ("champion", "mainline", 0)
    assert found.differences == pytest.approx([0.1] * 100)


def test_a_night_without_a_release_or_with_another_seed_has_no_evidence_on_mainline() -> None:
    other = SAMPLING.model_copy(update={"seed": 1})

    assert served_night("n", [card("candidate", passes(9)), card("mainline", passes(4))]) is None
    assert (
        served_night("n", [card("champion", passes(5)), card("mainline", passes(4), sampling=other)]) is None
    )
