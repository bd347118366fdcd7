"""The intervals of an experiment hold together: drawn experiments whose truth is known, and what the answers mean."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ct_retrain.core.records.experiment import CONTROL
from ct_retrain.core.rules.alpha_spending import spent
from ct_retrain.core.rules.arm_comparison import ComparisonSpec, SuiteTable, compare_arms

ASKED = ComparisonSpec(alpha=0.05, detect=0.05, draws=500, seed=0)
EXPERIMENTS = 300
ALLOWED = 0.05 + 2 * (0.05 * 0.95 / EXPERIMENTS) ** 0.5
"""What a share of 5 % is still compatible with, two standard errors above it."""


def drawn(
    random: np.random.Generator,
    effects: dict[str, float],
    *,
    training: float = 0.04,
    seeds: int = 3,
    clusters: int = 60,
    twins: int = 2,
    samples: int = 4,
) -> SuiteTable:
    """An experiment whose arms truly differ from the control by *effects*, and from training to training by *training*.

    Each cluster holds *twins* problems that pass and fail alike; recipes differ problem by problem too.
    """
    easy = random.beta(0.6, 0.6, clusters)
    passed: dict[str, NDArray[np.float64]] = {}
    for arm, effect in {CONTROL: 0.0, **effects}.items():
        taste = random.normal(0, 0.05, clusters) if arm != CONTROL else np.zeros(clusters)
        rows: list[NDArray[np.float64]] = []
        for _ in range(seeds):
            chance = easy + effect + taste + random.normal(0, training) + random.normal(0, 0.1, clusters)
            rows.append(np.repeat(random.binomial(samples, np.clip(chance, 0, 1)) / samples, twins))
        passed[arm] = np.array(rows)
    return SuiteTable("drawn", passed, [str(number // twins) for number in range(clusters * twins)])


@pytest.mark.parametrize(
    ("arms", "training", "seeds"), [(1, 0.04, 3), (3, 0.04, 3), (3, 0.0, 3), (3, 0.04, 2), (2, 0.04, 5)]
)
def test_equal_recipes_are_called_different_no_more_often_than_alpha(
    arms: int, training: float, seeds: int
) -> None:
    random = np.random.default_rng(7)
    effects = {f"arm{number}": 0.0 for number in range(arms)}
    wrong = better = 0
    for _ in range(EXPERIMENTS):
        found = compare_arms([drawn(random, effects, training=training, seeds=seeds)], ASKED)
        wrong += any(one.answer != "cannot_tell" for one in found)
        better += any(one.answer == "better" for one in found)

    assert better / EXPERIMENTS <= 0.05
    assert wrong / EXPERIMENTS <= ALLOWED


def test_an_arm_that_varies_more_than_the_others_is_not_called_better_for_that() -> None:
    random = np.random.default_rng(11)
    better = 0
    for _ in range(EXPERIMENTS):
        calm, wild = drawn(random, {"calm": 0.0}, training=0.02), drawn(random, {"x": 0.0}, training=0.08)
        passed = {**calm.passed, "wild": wild.passed["x"]}
        better += any(one.answer == "better" for one in compare_arms([calm._replace(passed=passed)], ASKED))

    assert better / EXPERIMENTS <= 0.05


def test_one_training_more_or_less_would_be_called_a_difference_if_training_noise_were_not_counted() -> None:
    """The same scores as one large suite of equal trainings: the noise is in the trainings, not in the problems."""
    random = np.random.default_rng(3)
    table = drawn(random, {"lucky": 0.0}, training=0.0, clusters=400, samples=16)
    shifted = {**table.passed, "lucky": table.passed["lucky"] + np.array([[0.10], [0.0], [0.02]])}
    (steady,) = compare_arms([table], ASKED)
    (lucky,) = compare_arms([table._replace(passed=shifted)], ASKED)

    assert lucky.answer == "cannot_tell"
    assert lucky.high - lucky.low > 2 * (steady.high - steady.low)


def test_a_large_true_difference_is_found_and_small_ones_ask_for_more_trainings() -> None:
    random = np.random.default_rng(5)
    (worse, better) = compare_arms([drawn(random, {"worse": -0.25, "better": 0.25})], ASKED)
    (small,) = compare_arms([drawn(random, {"small": 0.01})], ASKED)

    assert (worse.answer, better.answer, small.answer) == ("worse", "better", "cannot_tell")
    assert small.seeds_needed is not None
    assert small.seeds_needed > 3


def test_twins_are_one_piece_of_evidence() -> None:
    random = np.random.default_rng(9)
    table = drawn(random, {"arm": 0.0}, training=0.0, twins=4)
    (together,) = compare_arms([table], ASKED)
    (apart,) = compare_arms([table._replace(clusters=[str(n) for n in range(len(table.clusters))])], ASKED)

    assert together.high - together.low > apart.high - apart.low


def test_two_suites_make_every_interval_wider_than_one() -> None:
    random = np.random.default_rng(13)
    table = drawn(random, {"arm": 0.0})
    (alone,) = compare_arms([table], ASKED)
    (first, _) = compare_arms([table, drawn(random, {"arm": 0.0})._replace(suite="other")], ASKED)

    assert first.high - first.low > alone.high - alone.low


def test_what_cannot_be_compared_says_so() -> None:
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="two trainings an arm"):
        compare_arms([drawn(random, {"arm": 0.0}, seeds=1)], ASKED)


@pytest.mark.parametrize("target", [2, 3, 8])
def test_all_looks_together_use_no_more_than_alpha(target: int) -> None:
    used = sum(spent(0.05, turn, seeds, target) for turn in range(50) for seeds in range(2, target + 1))

    assert used == pytest.approx(0.05)


def test_looking_after_every_training_and_stopping_at_the_first_difference_stays_below_alpha() -> None:
    random = np.random.default_rng(17)
    wrong = 0
    for _ in range(EXPERIMENTS):
        whole = drawn(random, {"a": 0.0, "b": 0.0}, seeds=5)
        for seeds in range(2, 6):
            part = {arm: rows[:seeds] for arm, rows in whole.passed.items()}
            asked = ASKED._replace(alpha=spent(0.05, 0, seeds, 5))
            if any(one.answer != "cannot_tell" for one in compare_arms([whole._replace(passed=part)], asked)):
                wrong += 1
                break

    assert wrong / EXPERIMENTS <= 0.05


def test_a_look_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no look"):
        spent(0.05, 0, 1, 3)
