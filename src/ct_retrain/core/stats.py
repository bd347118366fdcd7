"""The statistics of a paired benchmark: unbiased pass@k, two-level bootstrap, exact sign-flip test."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from ct_retrain.core.problem import Estimate

POWER = 0.8
"""Power at which the minimum detectable difference is stated."""


class Resampling(NamedTuple):
    """How intervals are made; equal seeds give equal intervals."""

    confidence: float
    resamples: int
    seed: int


class Paired(NamedTuple):
    """Mean difference of pass shares with what is known of its uncertainty."""

    difference: float
    low: float
    high: float
    p_value: float
    minimum_detectable: float


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Unbiased chance that at least one of *k* answers passes, from *passed* of *samples*.

    1 − C(n−c, k) / C(n, k): Chen et al. 2021, "Evaluating Large Language Models Trained on Code", eq. 1.
    Raise ValueError unless 0 ≤ passed ≤ samples and 1 ≤ k ≤ samples.
    """
    if not (0 <= passed <= samples and 1 <= k <= samples):
        message = f"pass@{k} of {passed}/{samples} is not defined"
        raise ValueError(message)
    return 1.0 - math.comb(samples - passed, k) / math.comb(samples, k)


def estimate(passes: Sequence[int], samples: int, how: Resampling) -> Estimate:
    """pass@1 over problems, *passes* of *samples* each, with a two-level bootstrap interval."""
    if not passes:
        return Estimate(value=0.0, low=0.0, high=1.0, problems=0, samples=0)
    shares = np.asarray(passes, dtype=float) / samples
    means = _two_level(shares, samples, how)
    low, high = _interval(means, how.confidence)
    return Estimate(
        value=float(shares.mean()), low=low, high=high, problems=len(passes), samples=samples * len(passes)
    )


def paired(
    candidate: Mapping[str, int], incumbent: Mapping[str, int], samples: int, how: Resampling
) -> Paired:
    """Candidate minus incumbent over the same problems, *samples* answers each.

    The bootstrap draws problems, then answers within each drawn problem, for both arms on the same problems.
    Raise ValueError when the problems differ or there are none.
    """
    if candidate.keys() != incumbent.keys() or not candidate:
        message = "a paired comparison needs the same problems on both sides"
        raise ValueError(message)
    names = sorted(candidate)
    ours = np.array([candidate[name] for name in names])
    theirs = np.array([incumbent[name] for name in names])
    means = _two_level_difference(ours / samples, theirs / samples, samples, how)
    low, high = _interval(means, how.confidence)
    detectable = float(norm.ppf(how.confidence) + norm.ppf(POWER)) * float(means.std())
    return Paired(
        difference=float((ours - theirs).mean()) / samples,
        low=low,
        high=high,
        p_value=sign_flip(ours - theirs),
        minimum_detectable=detectable,
    )


def sign_flip(differences: NDArray[np.int_] | Sequence[int]) -> float:
    """Exact one-sided p of "the sum is this large by chance": every sign pattern, by convolution of integers."""
    sizes = np.abs(np.asarray(differences, dtype=int))
    observed = int(np.sum(differences))
    reach = int(sizes.sum())
    weights = np.zeros(2 * reach + 1)
    weights[reach] = 1.0
    for size in sizes[sizes > 0]:
        weights = 0.5 * (np.roll(weights, size) + np.roll(weights, -size))
    return float(min(1.0, weights[observed + reach :].sum()))


def _two_level(shares: NDArray[np.float64], samples: int, how: Resampling) -> NDArray[np.float64]:
    random = np.random.default_rng(how.seed)
    drawn = random.integers(len(shares), size=(how.resamples, len(shares)))
    return np.asarray((random.binomial(samples, shares[drawn]) / samples).mean(axis=1))


def _two_level_difference(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], samples: int, how: Resampling
) -> NDArray[np.float64]:
    random = np.random.default_rng(how.seed)
    drawn = random.integers(len(ours), size=(how.resamples, len(ours)))
    difference = random.binomial(samples, ours[drawn]) - random.binomial(samples, theirs[drawn])
    return np.asarray(difference.mean(axis=1) / samples)


def _interval(means: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    tail = (1.0 - confidence) / 2
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(low), float(high)
