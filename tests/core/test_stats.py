"""The statistics against exact enumeration."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.core.stats import Resampling, estimate, paired, pass_at_k, sign_flip

HOW = Resampling(confidence=0.95, resamples=2000, seed=0)


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_is_the_share_of_k_subsets_with_a_pass(case: tuple[int, int, int]) -> None:
    samples, passed, k = case
    answers = [True] * passed + [False] * (samples - passed)
    subsets = list(itertools.combinations(answers, k))

    assert pass_at_k(samples, passed, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


@pytest.mark.parametrize(("samples", "passed", "k"), [(5, 6, 1), (5, -1, 1), (5, 2, 0), (5, 2, 6)])
def test_pass_at_k_refuses_what_is_not_defined(samples: int, passed: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        pass_at_k(samples, passed, k)


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=9))
def test_the_sign_flip_test_counts_every_sign_pattern(differences: list[int]) -> None:
    patterns = itertools.product((1, -1), repeat=len(differences))
    sums = [sum(sign * abs(one) for sign, one in zip(signs, differences, strict=True)) for signs in patterns]
    exact = sum(one >= sum(differences) for one in sums) / len(sums)

    assert sign_flip(differences) == pytest.approx(exact)


def test_no_difference_at_all_proves_nothing() -> None:
    assert sign_flip([0, 0, 0]) == 1.0


def test_a_paired_comparison_needs_the_same_problems() -> None:
    with pytest.raises(ValueError, match="same problems"):
        paired({"a": 1}, {"b": 1}, 2, HOW)


def test_the_interval_holds_the_difference_and_equal_seeds_agree() -> None:
    ours = {f"p{n}": n % 5 for n in range(40)}
    theirs = {f"p{n}": n % 4 for n in range(40)}
    result = paired(ours, theirs, 4, HOW)

    assert result.low < result.difference < result.high
    assert result == paired(ours, theirs, 4, HOW)


def test_more_samples_make_a_smaller_difference_visible() -> None:
    rates = np.random.default_rng(1).uniform(0.2, 0.8, 80)
    seen = []
    for samples in (2, 20):
        drawn = np.random.default_rng(2).binomial(samples, rates)
        again = np.random.default_rng(3).binomial(samples, rates)
        names = [f"p{n}" for n in range(80)]
        ours, theirs = (
            dict(zip(names, map(int, drawn), strict=True)),
            dict(zip(names, map(int, again), strict=True)),
        )
        seen.append(paired(ours, theirs, samples, HOW).minimum_detectable)

    assert seen[1] < seen[0] / 2


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_an_estimate_is_the_mean_share_inside_its_interval(passes: list[int]) -> None:
    result = estimate(passes, 4, Resampling(0.95, 200, 0))

    assert result.value == pytest.approx(sum(passes) / (4 * len(passes)))
    assert 0 <= result.low <= result.high <= 1
    assert math.isclose(result.samples, 4 * len(passes))


def test_nothing_measured_is_the_whole_interval() -> None:
    assert estimate([], 4, HOW).model_dump() == {
        "value": 0.0,
        "low": 0.0,
        "high": 1.0,
        "problems": 0,
        "samples": 0,
    }
