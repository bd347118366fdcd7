"""Several recipes against one control: intervals that hold for all arms and suites at once, and count training noise.

The score of an arm is a mean over trainings and problems, and varies with both:

- one training is not another: the variance between the trainings' scores, divided by their number. Two or three
  trainings tell little of it, so each arm counts with the larger of its own variance and that of all arms pooled;
- another suite is not this one: the variance, over clusters of problems, of the differences between arm and control,
  freed of what the answers and trainings contribute to it, which the first part has counted already.

The factor between standard error and interval is the quantile of the largest |t| of all arms and suites (max-T:
Dunnett 1955; Westfall & Young 1993), drawn under "no arm differs" with these very variances, whose own uncertainty
is drawn too, by their degrees of freedom (a parametric bootstrap: Krishnamoorthy, Lu & Mathew 2007, CSDA 51). An arm
is better only where its whole interval lies above 0.
`tests/core/test_arm_comparison.py` draws experiments and counts how often that is false.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ct_retrain.core.records.experiment import CONTROL, Answer, ArmDifference
from ct_retrain.core.rules.statistics import POWER

_MOST_SEEDS = 200
"""Trainings an arm beyond which "so many would tell" helps nobody."""
_SMALLEST = 1e-9
"""A standard error of exactly 0 has no t."""

Floats = NDArray[np.float64]


class SuiteTable(NamedTuple):
    """What every training of every arm passed on one suite."""

    suite: str
    passed: Mapping[str, Floats]
    """Arm → trainings × problems, each the share of answers that passed; the control among them."""
    clusters: Sequence[str]
    """Of each problem: problems of one cluster are one piece of evidence."""


class ComparisonSpec(NamedTuple):
    """How sure, what for, and how it is drawn."""

    alpha: float
    detect: float
    """Difference of pass@1 that is worth knowing."""
    draws: int
    seed: int


class _Group(NamedTuple):
    """The arms of one suite, the control first."""

    table: SuiteTable
    arms: list[str]
    seeds: Floats
    """Trainings of each arm."""
    training: Floats
    """Variance of a score from training to training, an arm."""
    freedom: int
    """Degrees of freedom of the pooled variance."""
    difference: Floats
    """Of each arm but the control."""
    problems: Floats
    """Covariance of these differences that comes from the choice of problems."""
    clusters: int

    @property
    def errors(self) -> Floats:
        """Standard error of each difference."""
        share = self.training / self.seeds
        found: Floats = np.sqrt(share[1:] + share[0] + np.diag(self.problems))
        return np.maximum(found, _SMALLEST)


def compare_arms(tables: Sequence[SuiteTable], asked: ComparisonSpec) -> tuple[ArmDifference, ...]:
    """Every arm minus the control on every suite, with intervals that together miss in a share *asked.alpha*.

    Raise ValueError where an arm, or the control, has fewer than two trainings, or a suite fewer than two clusters.
    """
    groups = [_group(table) for table in tables]
    wide = _width(groups, asked)
    return tuple(one for group in groups for one in _differences(group, wide, asked))


def _group(table: SuiteTable) -> _Group:
    arms = [CONTROL, *(name for name in table.passed if name != CONTROL)]
    rows = [np.asarray(table.passed[name], dtype=np.float64) for name in arms]
    names, numbers = np.unique(np.asarray(table.clusters), return_inverse=True)
    if min(len(of) for of in rows) < 2 or len(names) < 2:
        message = f"{table.suite}: two trainings an arm and two clusters of problems are the least that can be compared"
        raise ValueError(message)
    seeds = np.array([len(of) for of in rows], dtype=np.float64)
    own = np.array([of.mean(axis=1).var(ddof=1) for of in rows])
    freedom = int((seeds - 1).sum())
    pooled = float(((seeds - 1) * own).sum()) / freedom
    mean = np.array([of.mean() for of in rows])
    inside = np.array([_inside(of, numbers, len(names)) for of in rows]) / seeds
    return _Group(
        table=table,
        arms=arms,
        seeds=seeds,
        training=np.maximum(own, pooled),
        freedom=freedom,
        difference=mean[1:] - mean[0],
        problems=_between(rows, numbers, len(names), inside),
        clusters=len(names),
    )


def _sums(values: Floats, numbers: NDArray[np.int_], count: int) -> Floats:
    """The last axis of *values*, added up by cluster and divided by its length."""
    member = np.equal(numbers[:, None], np.arange(count))
    found: Floats = values @ member / values.shape[-1]
    return found


def _inside(rows: Floats, numbers: NDArray[np.int_], count: int) -> float:
    """Variance of one training's score that its answers, and how it differs problem by problem, explain."""
    centred = rows - rows.mean(axis=0) - (rows.mean(axis=1) - rows.mean())[:, None]
    sums = _sums(centred, numbers, count)
    return float((sums**2).sum()) / (len(rows) - 1) * count / (count - 1)


def _between(rows: Sequence[Floats], numbers: NDArray[np.int_], count: int, inside: Floats) -> Floats:
    """Covariance of the differences over clusters, without what *inside* says of each arm; never below 0."""
    differences = np.stack([of.mean(axis=0) - rows[0].mean(axis=0) for of in rows[1:]])
    sums = _sums(differences - differences.mean(axis=1)[:, None], numbers, count)
    found = sums @ sums.T * count / (count - 1) - inside[0] - np.diag(inside[1:])
    values, vectors = np.linalg.eigh(found)
    cleaned: Floats = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return cleaned


def _width(groups: Sequence[_Group], asked: ComparisonSpec) -> float:
    """Standard errors that the largest |t| of all arms and suites exceeds in a share α; suites are drawn apart."""
    random = np.random.default_rng(asked.seed)
    largest = np.zeros(asked.draws)
    for group in groups:
        largest = np.maximum(largest, _largest(group, asked.draws, random))
    return float(np.quantile(largest, 1 - asked.alpha))


def _largest(group: _Group, draws: int, random: np.random.Generator) -> Floats:
    """The largest |t| of one suite, a draw each, where no arm differs from the control."""
    share = group.training / group.seeds
    trained = random.standard_normal((draws, len(share))) * np.sqrt(share)
    none = np.zeros(len(group.difference))
    chosen = random.multivariate_normal(none, group.problems, draws, method="eigh")
    seen = share * (random.chisquare(group.freedom, draws) / group.freedom)[:, None]
    spread = random.chisquare(group.clusters - 1, draws) / (group.clusters - 1)
    errors = np.sqrt(seen[:, 1:] + seen[:, :1] + np.diag(group.problems) * spread[:, None])
    found: Floats = np.abs((trained[:, 1:] - trained[:, :1] + chosen) / np.maximum(errors, _SMALLEST)).max(
        axis=1
    )
    return found


def _differences(group: _Group, wide: float, asked: ComparisonSpec) -> list[ArmDifference]:
    found: list[ArmDifference] = []
    for place, (arm, value, error) in enumerate(
        zip(group.arms[1:], group.difference, group.errors, strict=True)
    ):
        low, high = max(-1.0, float(value - wide * error)), min(1.0, float(value + wide * error))
        found.append(
            ArmDifference(
                arm=arm,
                suite=group.table.suite,
                difference=float(value),
                low=low,
                high=high,
                answer=_answer(low, high),
                seeds=int(group.seeds[place + 1]),
                seeds_needed=_needed(group, place, asked),
                training_sd=float(np.sqrt(group.training[place + 1])),
            )
        )
    return found


def _answer(low: float, high: float) -> Answer:
    if low > 0:
        return "better"
    return "worse" if high < 0 else "cannot_tell"


def _needed(group: _Group, place: int, asked: ComparisonSpec) -> int | None:
    """Fewest trainings of each arm with which a true difference of `detect` is found 80 times in 100."""
    training = float(group.training[0] + group.training[place + 1])
    problems = float(group.problems[place, place])
    tail = 1 - asked.alpha / (2 * len(group.difference))
    seeds = np.arange(2, _MOST_SEEDS + 1)
    from scipy.stats import norm, t

    factor = t.ppf(tail, len(group.arms) * (seeds - 1)) + norm.ppf(POWER)
    enough = seeds[factor**2 * (training / seeds + problems) <= asked.detect**2]
    return int(enough[0]) if len(enough) else None
