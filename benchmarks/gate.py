"""Operating curves of the gate: how often four rules promote a model that is truly worse, equal or better.

Run it as `python benchmarks/gate.py --figure docs/images/gate-operating-curves.svg`; it takes a few minutes on one
core. Suites of 156 problems are drawn from pass rates that real models really had (`benchmarks/data/pass_rates.json`);
a candidate's rates differ from last nightly's at random on the logit scale, their mean by exactly the points wanted.
Every decision of ours is made by `ct_retrain.core.rules.gate.decide`, with mainline another model as good as last nightly.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import _gate_figure
import _rates
from ct_retrain.core.configuration.settings import BenchmarkSettings, GateSettings
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.decision import Decision
from ct_retrain.core.records.problem import (
    Estimate,
    Sampling,
    Scorecard,
)
from ct_retrain.core.rules.gate import decide
from ct_retrain.core.rules.interim_looks import clear, looks

PROBLEMS = 156
POINTS = (-3, -2, -1, 0, 1, 2, 3, 4, 5)
SAMPLES = (1, 5, 10, 20)
NIGHTS = 60
DRIFTS = (-1.0, -0.3, 0.0)
SPREAD = 1.2
"""Standard deviation of a night's true change, in points."""
MIN_DELTA = 0.01
SETTINGS = GateSettings(floors={}, bootstrap=1000)
"""The defaults, without floors (the counts have no categories) and with fewer resamples, for speed."""
DRAFT, DELTA, POINT, OURS = ("≥ last", "≥ last + 1 point", "≥ fixed threshold", "ours")
RULES = (DRAFT, DELTA, POINT, OURS)

Counts = NDArray[np.int_]
Rates = NDArray[np.float64]


class Night(NamedTuple):
    """True rates of the arms, a row a simulated night."""

    candidate: Rates
    champion: Rates
    mainline: Rates


class Plan(NamedTuple):
    """What a run simulates."""

    models: list[_rates.Model]
    repeats: int
    churn: float
    seed: int


def card(arm: ArmId, passes: Counts, samples: int) -> Scorecard:
    """A scorecard with these passes and nothing else to object to."""
    total = samples * len(passes)
    whole = Estimate(
        value=float(passes.sum()) / total, low=0.0, high=1.0, problems=len(passes), samples=total
    )
    return Scorecard(
        arm=arm,
        model=arm,
        model_digest=arm,
        suite="resampled",
        suite_digest="0" * 64,
        sampling=Sampling(samples=samples, temperature=0.6, top_p=0.95, max_new_tokens=2048, seed=0),
        tools=(),
        functional=whole,
        pass_at_k={},
        categories={},
        outcomes={"pass": total},
        compile_rate=1.0,
        finished_rate=1.0,
        passes={f"p{number:03d}": int(count) for number, count in enumerate(passes)},
    )


def ours(counts: Sequence[Counts], samples: int, settings: GateSettings = SETTINGS) -> Decision:
    """The gate's decision on the passes of candidate, champion and mainline."""
    arms: tuple[ArmId, ...] = ("candidate", "champion", "mainline")
    cards = [card(arm, passes, samples) for arm, passes in zip(arms, counts, strict=True)]
    return decide(cards, settings, MIN_DELTA)


def promotes(rule: str, counts: Sequence[Counts], samples: int, threshold: float) -> str:
    """What *rule* says of one night: promote, hold or reject."""
    gain = float((counts[0] - counts[1]).mean()) / samples
    match rule:
        case "≥ last":
            good = gain >= 0
        case "≥ last + 1 point":
            good = gain >= MIN_DELTA
        case "≥ fixed threshold":
            good = float(counts[0].mean()) / samples >= threshold
        case _:
            return ours(counts, samples).kind
    return "promote" if good else "reject"


def draw(night: Night, row: int, samples: int, random: np.random.Generator) -> list[Counts]:
    return [random.binomial(samples, rates[row]) for rates in night]


def nights(plan: Plan, points: float, random: np.random.Generator) -> Night:
    """As many nights as the plan repeats, every model in turn."""
    parts: list[Night] = []
    for model in plan.models:
        champion = model.rates(random, (-(-plan.repeats // len(plan.models)), PROBLEMS))
        change = np.full(len(champion), points)
        candidate = _rates.shifted(champion, change, plan.churn, random)
        mainline = _rates.shifted(champion, 0 * change, plan.churn, random)
        parts.append(Night(candidate, champion, mainline))
    return Night(*(np.concatenate(arms)[: plan.repeats] for arms in zip(*parts, strict=True)))


def operating(plan: Plan, points: float, samples: int) -> dict[str, dict[str, float]]:
    """Rule → decision → share of nights on which the candidate is truly better by *points*."""
    random = np.random.default_rng([plan.seed, samples, int(points) + 100])
    night = nights(plan, points, random)
    shares = {rule: dict.fromkeys(("promote", "hold", "reject"), 0.0) for rule in RULES}
    rows = len(night.candidate)
    for row in range(rows):
        counts = draw(night, row, samples, random)
        for rule in RULES:
            shares[rule][promotes(rule, counts, samples, float(night.champion[row].mean()))] += 1 / rows
    return shares


def adaptive(plan: Plan, points: float) -> tuple[dict[str, float], float]:
    """Decision → share, and answers a problem on average, when answers are drawn until the decision is clear."""
    random = np.random.default_rng([plan.seed, 0, int(points) + 100])
    night = nights(plan, points, random)
    shares = dict.fromkeys(("promote", "hold", "reject"), 0.0)
    spent = 0
    rows = len(night.candidate)
    for row in range(rows):
        counts, drawn = [np.zeros(PROBLEMS, dtype=int) for _ in night], 0
        for look in looks(BenchmarkSettings(adaptive=True), SETTINGS):
            more = draw(night, row, look.samples - drawn, random)
            counts, drawn = [old + new for old, new in zip(counts, more, strict=True)], look.samples
            decision = ours(counts, drawn, look.gate)
            if look.last or clear(decision):
                break
        shares[decision.kind] += 1 / rows
        spent += drawn
    return shares, spent / rows


def promoted(plan: Plan, points: float, samples: int) -> float:
    """Share of nights on which ours promotes a candidate that is truly better by *points*."""
    random = np.random.default_rng([plan.seed, samples, int(points) + 100])
    night = nights(plan, points, random)
    rows = len(night.candidate)
    return (
        sum(ours(draw(night, row, samples, random), samples).kind == "promote" for row in range(rows)) / rows
    )


class Drift(NamedTuple):
    """Where 60 nights end under a rule."""

    change: float
    """True change of what is served, in points."""
    promoted: float
    """Promotions a run."""
    harmful: float
    """Share of the promotions that were truly worse than what they replaced."""


def drift(plan: Plan, mean: float, samples: int, rule: str) -> Drift:
    """Follow runs of 60 nights whose candidates are better than what is served by N(*mean*, SPREAD) points."""
    random = np.random.default_rng([plan.seed, samples, int(10 * mean) + 100])
    start = nights(plan, 0, random).champion
    served = start.copy()
    promoted = harmful = 0
    for _ in range(NIGHTS):
        points = random.normal(mean, SPREAD, len(served))
        night = Night(_rates.shifted(served, points, plan.churn, random), served, start)
        for row in range(len(served)):
            counts = draw(night, row, samples, random)
            if promotes(rule, counts, samples, float(start[row].mean())) == "promote":
                promoted += 1
                harmful += bool(night.candidate[row].mean() < served[row].mean())
                served[row] = night.candidate[row]
    change = 100 * float((served - start).mean(axis=1).mean())
    return Drift(change, promoted / len(served), harmful / promoted if promoted else 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=Path, default=_rates.COUNTED, help="counts of passes, by problem")
    parser.add_argument("--repeats", type=int, default=600, help="nights for each point of a curve")
    parser.add_argument("--runs", type=int, default=24, help="runs of 60 nights")
    parser.add_argument("--churn", type=float, default=0.75, help="how differently models do on one problem")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--figure", type=Path, help="where the SVG goes")
    chosen = parser.parse_args()
    began = time.process_time()
    plan = Plan(_rates.load(chosen.rates), chosen.repeats, chosen.churn, chosen.seed)
    curves = {samples: {points: operating(plan, points, samples) for points in POINTS} for samples in SAMPLES}
    looked = {points: adaptive(plan, points) for points in POINTS}
    print_curves(curves, looked)
    print_models(plan)
    print_drifts(plan._replace(repeats=chosen.runs), drift)
    print(
        f"\n{chosen.repeats} nights a figure, {PROBLEMS} problems, churn {chosen.churn}, seed {chosen.seed}; "
        f"{time.process_time() - began:.0f} s of processor time"
    )
    if chosen.figure:
        _gate_figure.draw(curves, RULES, chosen.figure)


def print_curves(
    curves: dict[int, dict[int, dict[str, dict[str, float]]]],
    looked: dict[int, tuple[dict[str, float], float]],
) -> None:
    titles = "".join(f"{points:>+7d}" for points in POINTS)
    for samples, curve in curves.items():
        print(f"\nk = {samples:<2}  promoted, % of nights {titles}")
        for rule in RULES:
            print(row(rule, [curve[points][rule]["promote"] for points in POINTS]))
        for kind in ("hold", "reject"):
            print(row(f"ours: {kind}", [curve[points][OURS][kind] for points in POINTS]))
    print(f"\nadaptive k: % of nights      {titles}")
    for kind in ("promote", "hold", "reject"):
        print(row(f"ours: {kind}", [looked[points][0][kind] for points in POINTS]))
    print(f"{'answers a problem':29}" + "".join(f"{looked[points][1]:7.1f}" for points in POINTS))


def print_models(plan: Plan) -> None:
    """The three differences that the gate has targets for, model by model."""
    churns = (0.0, 0.5, 1.0)
    print("\nours at k = 10, promoted, % of nights, for churns of " + ", ".join(map(str, churns)))
    print(f"{'':29}" + "".join(f"{points:>+24d}" for points in (-1, 0, 3)))
    for model in plan.models:
        cells = [
            " / ".join(
                f"{100 * promoted(plan._replace(models=[model], churn=churn), points, 10):.1f}"
                for churn in churns
            )
            for points in (-1, 0, 3)
        ]
        print(f"{model.name:29}" + "".join(f"{cell:>24}" for cell in cells))


def row(name: str, shares: Sequence[float]) -> str:
    return f"{name:29}" + "".join(f"{100 * share:7.1f}" for share in shares)


def print_drifts(plan: Plan, follow: Callable[[Plan, float, int, str], Drift]) -> None:
    print(f"\n{NIGHTS} nights, {plan.repeats} runs: true change in points / promotions / % of them harmful")
    print(f"{'rule':22}" + "".join(f"{f'mean {mean:+.1f}, k = {k}':>22}" for k in (1, 10) for mean in DRIFTS))
    for rule in RULES:
        ends = [follow(plan, mean, k, rule) for k in (1, 10) for mean in DRIFTS]
        cells = [f"{end.change:+.1f} / {end.promoted:.1f} / {100 * end.harmful:.0f}" for end in ends]
        print(f"{rule:22}" + "".join(f"{cell:>22}" for cell in cells))


if __name__ == "__main__":
    main()
