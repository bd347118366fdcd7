"""The statistics against exact enumeration."""

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from ct_retrain.core.rules.statistics import (
    Resampling,
    clustered,
    estimate,
    mcnemar,
    paired,
    pass_at_k,
    samples_to_detect,
    sign_flip,
)

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


@given(st.lists(st.integers(0, 4), max_size=30))
def test_problems_that_are_clusters_of_their_own_have_the_interval_of_problems(passes: list[int]) -> None:
    names = [f"c{number}" for number in range(len(passes))]

    assert clustered(passes, names, 4, HOW) == estimate(passes, 4, HOW)


@pytest.mark.parametrize("samples", [1, 4])
def test_asking_the_same_thing_three_times_makes_no_interval_narrower(samples: int) -> None:
    passes = [number % (samples + 1) for number in range(30)]
    once, thrice = (
        estimate(passes, samples, HOW),
        clustered(passes * 3, [str(number) for number in range(30)] * 3, samples, HOW),
    )
    fooled = estimate(passes * 3, samples, HOW)

    assert thrice.value == pytest.approx(once.value)
    assert thrice.problems == 90
    assert fooled.high - fooled.low < 0.7 * (once.high - once.low)
    assert thrice.high - thrice.low > 0.85 * (once.high - once.low)


def test_the_interval_over_clusters_covers_the_truth_where_near_duplicates_agree() -> None:
    random = np.random.default_rng(5)
    covered = 0
    for number in range(300):
        rates = random.beta(1, 1, 40)
        sizes = random.integers(1, 5, 40)
        clusters = [str(cluster) for cluster in np.repeat(np.arange(40), sizes)]
        passes = [int(rate > 0.5) for rate in np.repeat(rates, sizes)]
        found = clustered(passes, clusters, 1, Resampling(0.95, 500, number))
        covered += found.low <= 0.5 <= found.high

    assert covered >= 0.91 * 300


def test_the_sign_flip_test_is_right_and_quick_for_a_thousand_problems_of_32_answers() -> None:
    differences = np.random.default_rng(0).integers(-32, 33, size=1000)
    began = time.process_time()
    p_value = sign_flip(differences)

    assert time.process_time() - began < 1
    normal = norm.sf((differences.sum() - 0.5) / math.sqrt((differences**2).sum()))
    assert p_value == pytest.approx(normal, rel=0.01)


def test_the_sign_flip_test_keeps_its_digits_far_out_in_the_tail() -> None:
    assert sign_flip([32] * 1000) == pytest.approx(2.0**-1000, rel=1e-9)
    assert sign_flip([-32] * 1000) == 1.0


@given(st.lists(st.integers(-1, 1), min_size=1, max_size=40))
def test_with_one_answer_a_problem_sign_flip_is_mcnemars_exact_test(differences: list[int]) -> None:
    assert sign_flip(differences) == pytest.approx(mcnemar(differences.count(1), differences.count(-1)))


@given(st.integers(0, 12), st.integers(0, 12))
def test_mcnemar_counts_the_outcomes_of_fair_coins(won: int, lost: int) -> None:
    total = won + lost
    exact = sum(math.comb(total, count) for count in range(won, total + 1)) / 2**total

    assert mcnemar(won, lost) == pytest.approx(exact)


def test_mcnemar_refuses_what_is_no_count() -> None:
    with pytest.raises(ValueError, match="not counts"):
        mcnemar(-1, 3)


def pair(
    random: np.random.Generator, rates: tuple[np.ndarray, np.ndarray], samples: int
) -> tuple[dict[str, int], dict[str, int]]:
    drawn = (random.binomial(samples, one) for one in rates)
    ours, theirs = ({f"p{n}": int(count) for n, count in enumerate(counts)} for counts in drawn)
    return ours, theirs


def test_a_95_percent_interval_covers_about_95_times_in_100() -> None:
    random = np.random.default_rng(4)
    how = Resampling(0.95, 300, 0)
    covered = 0
    for _ in range(250):
        base = random.beta(0.3, 0.3, 80)
        moved = np.clip(base + random.choice((-0.2, 0.0, 0.2), 80) * (base * (1 - base) > 0.1), 0, 1)
        result = paired(*pair(random, (moved, base), 5), 5, how)
        covered += result.low <= 0 <= result.high

    assert 0.92 <= covered / 250 <= 0.975


def test_the_detectable_difference_is_detected_about_80_times_in_100() -> None:
    random = np.random.default_rng(5)
    how = Resampling(0.95, 200, 0)
    base = random.uniform(0.2, 0.7, 100)
    gain = np.mean([paired(*pair(random, (base, base), 10), 10, how).minimum_detectable for _ in range(10)])
    found = [paired(*pair(random, (base + gain, base), 10), 10, how).p_value <= 0.05 for _ in range(150)]

    assert 0.72 <= np.mean(found) <= 0.88


def test_the_samples_that_would_tell_make_the_difference_detectable() -> None:
    random = np.random.default_rng(6)
    rates = random.uniform(0.2, 0.7, 150)
    few = paired(*pair(random, (rates, rates), 4), 4, HOW)
    needed = samples_to_detect(few, 0.02, 150, HOW.confidence)

    assert needed is not None
    assert needed > 4
    many = paired(*pair(random, (rates, rates), needed), needed, HOW)
    assert many.minimum_detectable == pytest.approx(0.02, rel=0.25)


def test_no_number_of_samples_tells_what_the_problems_disagree_on() -> None:
    ours = {f"p{n}": 10 * (n % 2) for n in range(20)}
    theirs = {f"p{n}": 10 * ((n + 1) % 2) for n in range(20)}

    assert samples_to_detect(paired(ours, theirs, 10, HOW), 0.02, 20, HOW.confidence) is None
