"""Statistics of a paired benchmark: unbiased pass@k, two-level bootstrap, exact sign-flip and McNemar tests.

scipy.stats.bootstrap resamples one level; here problems are resampled, and answers within each.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.problem import Estimate

POWER = 0.8
"""Power at which the minimum detectable difference is stated."""


class Resampling(NamedTuple):
    """Parameters of the bootstrap; equal seeds give equal intervals."""

    confidence: float
    resamples: int
    seed: int

    @classmethod
    def of(cls, gate: GateSettings) -> Self:
        """Return what *gate* asks for."""
        return cls(gate.confidence, gate.bootstrap, gate.seed)


class Paired(NamedTuple):
    """Mean difference of pass shares, and its uncertainty."""

    difference: float
    low: float
    high: float
    p_value: float
    """One-sided p-value; with one sample per problem from McNemar's exact test."""
    minimum_detectable: float
    within: float
    """Variance of a problem's difference due to a single sample per problem; more samples reduce it."""
    between: float
    """Variance of the true differences between problems; only more problems reduce it."""


class _Spread(NamedTuple):
    """Variance of the mean over problems, split into its two levels."""

    values: NDArray[np.float64]
    noise: NDArray[np.float64]
    """Unbiased variance of each value due to its answers; 0 if there is only one answer."""
    between: float
    """Variance of the values that their answers do not explain."""

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return math.sqrt((self.between + float(self.noise.mean())) / len(self.values))


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Return the unbiased probability that at least one of *k* answers passes, from *passed* of *samples*.

    1 − C(n−c, k) / C(n, k): Chen et al. 2021, "Evaluating Large Language Models Trained on Code", eq. 1.
    Raise ValueError unless 0 ≤ passed ≤ samples and 1 ≤ k ≤ samples.
    """
    if not (0 <= passed <= samples and 1 <= k <= samples):
        message = f"pass@{k} of {passed}/{samples} is not defined"
        raise ValueError(message)
    return 1.0 - math.comb(samples - passed, k) / math.comb(samples, k)


def estimate(passes: Sequence[int], samples: int, how: Resampling, k: int = 1) -> Estimate:
    """Return pass@k over problems, *passes* of *samples* each, with a bootstrap interval.

    The interval is two-level for pass@1; for k > 1 only problems are resampled, each with all its answers.
    """
    if not passes:
        return Estimate(value=0.0, low=0.0, high=1.0, problems=0, samples=0)
    counts = np.asarray(passes, dtype=np.int_)
    chance = np.array([pass_at_k(samples, count, k) for count in range(samples + 1)])
    noise = _noise(counts, samples) if k == 1 else np.zeros(len(counts))
    spread = _spread(chance[counts], noise)
    low, high = np.clip(_interval(spread, how), 0.0, 1.0)
    value = float(spread.values.mean())
    return Estimate(
        value=value,
        low=min(value, float(low)),
        high=max(value, float(high)),
        problems=len(passes),
        samples=samples * len(passes),
    )


def clustered(passes: Sequence[int], clusters: Sequence[str], samples: int, how: Resampling) -> Estimate:
    """Return pass@1 over problems, *passes* of *samples* each, with a cluster bootstrap interval.

    *clusters* holds the cluster of each problem: near-duplicates that pass or fail together, so that their
    number is no evidence. If each problem is a cluster of its own, the result equals that of `estimate`.
    """
    plain = estimate(passes, samples, how)
    numbers = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)[1]
    count = int(numbers.max(initial=-1)) + 1
    if count == len(passes):
        return plain
    counts = np.asarray(passes, dtype=np.int_)
    sizes = np.bincount(numbers).astype(float)
    sums = np.bincount(numbers, weights=counts / samples - plain.value)
    noise = np.bincount(numbers, weights=_noise(counts, samples))
    times, deviates = _draws(count, how.resamples, how.seed)
    total = float(sums.var(ddof=1)) if count > 1 else 0.0
    shrink = math.sqrt(max(0.0, total - float(noise.mean())) / total) if total else 0.0
    drawn = times @ (shrink * sums) + deviates * np.sqrt(times @ noise)
    tail = (1.0 - how.confidence) / 2
    low, high = np.clip(plain.value + np.quantile(drawn / (times @ sizes), [tail, 1.0 - tail]), 0.0, 1.0)
    return plain.model_copy(
        update={"low": min(plain.value, float(low)), "high": max(plain.value, float(high))}
    )


def paired(
    candidate: Mapping[str, int], incumbent: Mapping[str, int], samples: int, how: Resampling
) -> Paired:
    """Return candidate minus incumbent over the same problems, *samples* answers each.

    The bootstrap draws problems, then answers within each drawn problem, for both arms on the same problems.
    Raise ValueError if the problems differ or there are none.
    """
    if candidate.keys() != incumbent.keys() or not candidate:
        message = "a paired comparison needs the same problems on both sides"
        raise ValueError(message)
    names = sorted(candidate)
    ours = np.array([candidate[name] for name in names])
    theirs = np.array([incumbent[name] for name in names])
    difference = ours - theirs
    spread = _spread(difference / samples, _noise(ours, samples) + _noise(theirs, samples))
    low, high = _interval(spread, how)
    return Paired(
        difference=float(difference.mean()) / samples,
        low=low,
        high=high,
        p_value=one_sided(difference, samples),
        minimum_detectable=_deviates(how.confidence) * spread.error,
        within=float(spread.noise.mean()) * samples,
        between=spread.between,
    )


def samples_to_detect(found: Paired, target: float, problems: int, confidence: float) -> int | None:
    """Return the answers per problem that detect a true difference of *target* with power 0.8.

    None if no number does: the problems differ too much, so more problems are needed.
    """
    allowed = (target / _deviates(confidence)) ** 2 * problems - found.between
    if allowed <= 0:
        return None
    return max(1, math.ceil(found.within / allowed))


def one_sided(difference: NDArray[np.int_], samples: int) -> float:
    """Return the exact p-value of a *difference* in passes a problem: McNemar's with one answer each, else sign flips'."""
    if samples == 1:
        return mcnemar(int((difference > 0).sum()), int((difference < 0).sum()))
    return sign_flip(difference)


def two_sided(ours: Mapping[str, int], theirs: Mapping[str, int], samples: int) -> float:
    """Return the exact p-value of *ours* minus *theirs*, over the same problems, whichever is ahead."""
    difference = np.array([ours[name] - theirs[name] for name in sorted(ours)])
    return min(1.0, 2 * min(one_sided(difference, samples), one_sided(-difference, samples)))


def sign_flip(differences: NDArray[np.int_] | Sequence[int]) -> float:
    """Return the exact one-sided p-value of the sum of *differences* over all sign patterns.

    The differences are integers, so the distribution of the sum of the positive parts is a convolution of
    integers. It needs no random numbers and only additions of positive terms, so the relative error is that
    of rounding. Fisher 1935, "The Design of Experiments", §21, is the test; Pagano & Tritchler 1983, JASA 78,
    the convolution.
    """
    values = np.asarray(differences, dtype=np.int_)
    sizes = np.abs(values[values != 0])
    weights = np.zeros(int(sizes.sum()) + 1)
    weights[0] = 1.0
    reach = 0
    for size in sizes:
        moved = 0.5 * weights[: reach + 1]
        weights[: reach + 1] = moved
        weights[size : size + reach + 1] += moved
        reach += int(size)
    positive = int(values[values > 0].sum())
    return float(min(1.0, weights[positive:].sum()))


def mcnemar(won: int, lost: int) -> float:
    """Return the exact one-sided p-value of at least *won* wins among *won* + *lost* changed problems.

    McNemar 1947, Psychometrika 12, in the exact binomial form. Raise ValueError for negative counts.
    """
    if won < 0 or lost < 0:
        message = f"{won} won and {lost} lost are not counts"
        raise ValueError(message)
    from scipy.stats import binom  # a second of processor time that looking at a workspace does not need

    return float(min(1.0, binom.sf(won - 1, won + lost, 0.5)))


def _deviates(confidence: float) -> float:
    """Standard errors between nothing and what a one-sided test at *confidence* finds with POWER."""
    from scipy.stats import norm

    return float(norm.ppf(confidence) + norm.ppf(POWER))


def _noise(passes: NDArray[np.int_], samples: int) -> NDArray[np.float64]:
    """Return the unbiased variance of each pass share."""
    if samples == 1:
        return np.zeros(len(passes))
    return np.asarray(passes * (samples - passes) / (samples * samples * (samples - 1)), dtype=float)


def _spread(values: NDArray[np.float64], noise: NDArray[np.float64]) -> _Spread:
    total = float(values.var(ddof=1)) if len(values) > 1 else 0.0
    return _Spread(values, noise, max(0.0, total - float(noise.mean())))


def _interval(spread: _Spread, how: Resampling) -> tuple[float, float]:
    """Return percentiles of the mean over resampled problems with resampled answers.

    Observed shares already vary with their answers, so resampling answers within resampled problems counts
    that noise twice: a 95 % interval covers 99 %. Therefore the problems' deviations from their mean are
    shrunk to the variance that the answers do not explain (Davison & Hinkley 1997, "Bootstrap Methods",
    §3.8). The answers' noise, a mean of hundreds of bounded terms, is drawn as a normal with their variance.
    """
    count = len(spread.values)
    problems, deviates = _draws(count, how.resamples, how.seed)
    mean = float(spread.values.mean())
    total = float(spread.values.var(ddof=1)) if count > 1 else 0.0
    shrink = math.sqrt(spread.between / total) if total else 0.0
    drawn = problems @ (shrink * (spread.values - mean)) / count
    answers = deviates * np.sqrt(problems @ spread.noise) / count
    tail = (1.0 - how.confidence) / 2
    low, high = np.quantile(mean + drawn + answers, [tail, 1.0 - tail])
    return float(low), float(high)


@lru_cache(maxsize=4)  # every comparison of a night draws the same problems
def _draws(count: int, resamples: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how often each of *count* problems is drawn, one row per resample, and a standard normal for
    each.
    """
    random = np.random.default_rng(seed)
    drawn = random.integers(count, size=(resamples, count))
    flat = drawn + count * np.arange(resamples)[:, None]
    times = np.bincount(flat.ravel(), minlength=resamples * count).reshape(resamples, count)
    return times.astype(float), random.standard_normal(resamples)
