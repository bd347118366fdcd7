"""Summarises trials: tables for the comparison, scores, costs, and the problems gained and forgotten."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ct_retrain import disk
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.experiment import ArmCost, ArmScore, SuiteFacts, TrialRow
from ct_retrain.core.records.night import BenchmarkFacts, Manifest
from ct_retrain.core.records.problem import Sample, Scorecard, Suite
from ct_retrain.core.rules.arm_comparison import SuiteTable
from ct_retrain.core.workspace import SAMPLES
from ct_retrain.experiments.trial import Trial, measured_in
from ct_retrain.nightly.tracking import digest_of_adapter
from ct_retrain.suites.near_duplicates import cluster_names

Trials = Mapping[str, Sequence[Trial]]
"""Arm → its trainings."""


def table_of(suite: Suite, trials: Trials, pattern: str) -> SuiteTable:
    """Return the share of passed answers by arm; raise ToolError if the trainings were not asked the same problems."""
    cards = {arm: [trial.cards(suite.name)[0] for trial in of] for arm, of in trials.items()}
    asked = sorted(next(iter(cards.values()))[0].passes)
    for arm, of in cards.items():
        if any(sorted(card.passes) != asked for card in of):
            raise ToolError(
                f"{suite.name}: {arm} was not asked the same problems as the others, because its health check accepted "
                "others: `ct-retrain suite check` shows which problems are unreliable"
            )
    names = cluster_names(suite.problems, pattern)
    passed = {arm: np.array([_shares(card, asked) for card in of]) for arm, of in cards.items()}
    return SuiteTable(suite.name, passed, [names[problem] for problem in asked])


def _shares(card: Scorecard, problems: Sequence[str]) -> NDArray[np.float64]:
    return np.array([card.passes[name] / card.sampling.samples for name in problems], dtype=np.float64)


def score_of(suite: Suite, arm: str, trials: Sequence[Trial]) -> ArmScore:
    """Return the scores of *arm* on *suite*, and the problems in which it differs from mainline."""
    cards = [trial.cards(suite.name) for trial in trials]
    problems = sorted(cards[0][0].passes)
    before = _shares(cards[0][1], problems)
    moved = np.mean([_shares(card, problems) for card, _ in cards], axis=0) - before
    could = before >= 0.5
    return ArmScore(
        arm=arm,
        suite=suite.name,
        scores=tuple(card.functional.value for card, _ in cards),
        mainline=float(before.mean()),
        gained=float(moved[~could].mean()) if (~could).any() else 0.0,
        lost=float(-moved[could].mean()) if could.any() else 0.0,
    )


def cost_of(arm: str, trials: Sequence[Trial]) -> ArmCost:
    """Return what the trainings of *arm* and their benchmarks cost."""
    measured = [manifest for trial in trials for manifest in trial.measured.values()]
    return ArmCost(
        arm=arm,
        train_seconds=sum(trial.facts.fit.seconds for trial in trials),
        measure_seconds=sum((one.finished - one.started).total_seconds() for one in measured),
        trained_tokens=sum(trial.facts.fit.all_tokens for trial in trials),
        answer_tokens=sum(_answer_tokens(trial, suite) for trial in trials for suite in trial.measured),
        joules=_energy([*(trial.trained for trial in trials), *measured]),
    )


def _energy(parts: Sequence[Manifest]) -> float | None:
    """Return the energy of all *parts*; None if that of one is unknown."""
    used = [one.effort.joules if one.effort else None for one in parts]
    return None if None in used else sum(one for one in used if one is not None)


def _answer_tokens(trial: Trial, suite: str) -> int:
    directory = measured_in(trial.directory, suite) / SAMPLES
    paths = sorted(directory.glob(f"{Role.CANDIDATE}-*.jsonl"))
    return sum(sample.tokens for path in paths for sample in disk.read_lines(path, Sample))


def facts_of(suite: Suite, trial: Trial, pattern: str) -> SuiteFacts:
    """Return facts about *suite* for the result."""
    card, _ = trial.cards(suite.name)
    names = cluster_names(suite.problems, pattern)
    facts = trial.measured[suite.name].facts
    return SuiteFacts(
        suite=suite.name,
        digest=suite.digest,
        problems=len(card.passes),
        clusters=len({names[problem] for problem in card.passes}),
        quarantined=len(facts.quarantined) if isinstance(facts, BenchmarkFacts) else 0,
    )


def row_of(trial: Trial) -> TrialRow:
    """Return *trial* as a row for a tracker."""
    losses = trial.facts.fit.losses
    return TrialRow(
        arm=trial.arm,
        seed=trial.seed,
        started=trial.trained.started,
        finished=max([trial.trained.finished, *(one.finished for one in trial.measured.values())]),
        scores={suite: trial.cards(suite)[0].functional.value for suite in trial.measured},
        loss=losses[-1].loss if losses else None,
        adapter_sha256=digest_of_adapter(trial.trained),
    )
