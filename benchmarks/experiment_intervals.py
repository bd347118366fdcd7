"""How often the intervals of an experiment miss, ours and those of a bootstrap over trainings and problems.

    python benchmarks/experiment_intervals.py [EXPERIMENTS]

Drawn experiments: arms that are truly equal to the control, 60 clusters of two problems that pass and fail alike,
4 answers a problem, recipes and trainings that also differ problem by problem. The bootstrap draws trainings and
clusters with replacement and takes max-T over arms, as is usual. Level 5 %.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from ct_retrain.core.records.experiment import CONTROL
from ct_retrain.core.rules.arm_comparison import ComparisonSpec, SuiteTable, compare_arms

ASKED = ComparisonSpec(alpha=0.05, detect=0.05, draws=1000, seed=0)
CLUSTERS, TWINS, SAMPLES = 60, 2, 4
CASES = {
    "3 arms, 3 trainings, SD 4": (3, 3, [0.04] * 4),
    "3 arms, 2 trainings, SD 4": (3, 2, [0.04] * 4),
    "3 arms, 3 trainings, SD 0": (3, 3, [0.0] * 4),
    "1 arm, 3 trainings, SD 4": (1, 3, [0.04] * 2),
    "1 arm, 3 trainings, SD 2 and 8": (1, 3, [0.02, 0.08]),
    "2 arms, 8 trainings, SD 4": (2, 8, [0.04] * 3),
}


def drawn(random: np.random.Generator, seeds: int, spread: list[float]) -> SuiteTable:
    easy = random.beta(0.6, 0.6, CLUSTERS)
    passed: dict[str, NDArray[np.float64]] = {}
    for number, training in enumerate(spread):
        taste = random.normal(0, 0.05, CLUSTERS) * (number > 0)
        rows = []
        for _ in range(seeds):
            chance = easy + taste + random.normal(0, training) + random.normal(0, 0.1, CLUSTERS)
            rows.append(np.repeat(random.binomial(SAMPLES, np.clip(chance, 0, 1)) / SAMPLES, TWINS))
        passed[f"arm{number}" if number else CONTROL] = np.array(rows)
    return SuiteTable("drawn", passed, [str(number // TWINS) for number in range(CLUSTERS * TWINS)])


def ours(table: SuiteTable) -> list[tuple[float, float]]:
    return [(one.low, one.high) for one in compare_arms([table], ASKED)]


def bootstrap(table: SuiteTable, random: np.random.Generator) -> list[tuple[float, float]]:
    arms = [name for name in table.passed if name != CONTROL]
    sums = {
        name: rows.reshape(len(rows), CLUSTERS, TWINS).mean(axis=2) for name, rows in table.passed.items()
    }
    draws = np.empty((ASKED.draws, len(arms)))
    for draw in range(ASKED.draws):
        picked = random.integers(CLUSTERS, size=CLUSTERS)
        mean = {
            name: of[random.integers(len(of), size=len(of))][:, picked].mean() for name, of in sums.items()
        }
        draws[draw] = [mean[name] - mean[CONTROL] for name in arms]
    error = np.maximum(draws.std(axis=0), 1e-9)
    wide = np.quantile(np.abs((draws - draws.mean(axis=0)) / error).max(axis=1), 1 - ASKED.alpha)
    found = [table.passed[name].mean() - table.passed[CONTROL].mean() for name in arms]
    return [(value - wide * one, value + wide * one) for value, one in zip(found, error, strict=True)]


def main(experiments: int) -> None:
    print("| experiment | rule | some interval misses | some arm called better | half width, points |")
    print("|---|---|---|---|---|")
    for case, (_, seeds, spread) in CASES.items():
        random = np.random.default_rng(1)
        tables = [drawn(random, seeds, spread) for _ in range(experiments)]
        for rule, intervals in (
            ("ct-retrain", [ours(one) for one in tables]),
            ("bootstrap", [bootstrap(one, random) for one in tables]),
        ):
            missed = np.mean([any(low > 0 or high < 0 for low, high in of) for of in intervals])
            better = np.mean([any(low > 0 for low, _ in of) for of in intervals])
            width = np.median([(high - low) / 2 for of in intervals for low, high in of])
            print(f"| {case} | {rule} | {missed:.1%} | {better:.1%} | {width * 100:.1f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
