"""Shows a night's failed problems, and one problem in detail, or why there is nothing to show."""

from typing import NamedTuple

from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.arm import ArmId, Role, of_arm
from ct_retrain.core.records.certificate import Certificate
from ct_retrain.core.records.night import BenchmarkFacts, NightRecord, TrainFacts
from ct_retrain.core.records.problem import Problem, Sample
from ct_retrain.core.workspace import MANIFEST, SAMPLES, Workspace
from ct_retrain.manifests import facts_of, trained_by, training_of
from ct_retrain.report.inspection import Answers, Inspection, drawn, inspected


class FailedProblem(NamedTuple):
    """A problem that the arm decided on fails, and its first failing answer."""

    problem: str
    where: str
    """File and line, relative to the workspace; the line contains answer, RTL, verdict and log."""


def failed_problems(workspace: Workspace, record: NightRecord, most: int) -> list[FailedProblem]:
    """Return the problems to look at first: those lost against the first incumbent, or else those solved least.

    Empty if the night asked nothing, or its answers are gone.
    """
    if record.decision is None or not record.decision.evidence.comparisons:
        return []
    facts = facts_of(workspace, record, BenchmarkFacts)
    cards = [facts.decided] if facts and facts.decided else []
    directory = workspace.stage(record.night, "benchmark") / SAMPLES
    first: dict[str, str] = {}
    for card in cards:
        for name, answers in drawn(directory, card, card.passes.keys()).items():
            failed = [place for place, sample in answers if not sample.verdict.passed]
            if failed:
                first[name] = f"{workspace.relative(directory)}/{failed[0]}"
    lost = record.decision.evidence.comparisons[0].lost
    least = sorted(first, key=lambda name: (cards[0].passes[name], name))
    named = [name for name in lost or least if name in first]
    return [FailedProblem(name, first[name]) for name in named[:most]]


def quarantined(workspace: Workspace, record: NightRecord) -> tuple[str, ...]:
    """Return the problems that no arm of the night was asked; empty for a night without a benchmark."""
    facts = facts_of(workspace, record, BenchmarkFacts)
    return facts.quarantined if facts else ()


def trained(workspace: Workspace, record: NightRecord) -> TrainFacts | None:
    """Return what the night trained on and refused; None if it did not train, or its manifest is gone."""
    return facts_of(workspace, record, TrainFacts)


def certificate_of(workspace: Workspace, record: NightRecord) -> Certificate | None:
    """Return the certificate of *record*; None if nothing was trained, it predates certificates, or it is gone."""
    facts, train = trained(workspace, record), workspace.stage(record.night, "train")
    if facts is None or record.arm == Role.CANDIDATE:
        return facts.certificate if facts else None
    there = (training_of(train, record.arm) / MANIFEST).is_file()
    return trained_by(train, facts, record.arm).certificate if there else None


def inspect(workspace: Workspace, record: NightRecord, problem: Problem) -> Inspection:
    """Return the details of *problem* in the night of *record*, with the first failing sample of the arm decided on.

    Raise UsageError if the night was not benchmarked or did not use the problem.
    """
    facts = _measured(workspace, record)
    if not facts.scorecards:
        raise UsageError(f"night {record.night} asked no problem: {record.reason}")
    cards = [card for card in facts.scorecards if problem.id in card.passes]
    if not cards:
        message = f"night {record.night} did not use problem {problem.id}; it was quarantined or is of another suite"
        raise UsageError(message)
    directory = workspace.stage(record.night, "benchmark") / SAMPLES
    answers = Answers(record.night, directory, workspace.relative(directory))
    [found] = inspected(answers, cards, [problem], facts.decision.arm)
    return found


def answers_of(workspace: Workspace, record: NightRecord, arm: ArmId) -> list[Sample]:
    """Return every answer of *arm* that counts in the night of *record*.

    Raise UsageError when the night did not ask *arm*, or its answers are no longer there.
    """
    card = of_arm(_measured(workspace, record).scorecards, arm)
    if card is None:
        raise UsageError(f"night {record.night} did not ask {arm}: {record.reason}")
    found = drawn(workspace.stage(record.night, "benchmark") / SAMPLES, card, card.passes.keys())
    if not found:
        raise UsageError(f"the answers of {arm} in night {record.night} are no longer there")
    return [sample for answers in found.values() for _, sample in answers]


def _measured(workspace: Workspace, record: NightRecord) -> BenchmarkFacts:
    facts = facts_of(workspace, record, BenchmarkFacts)
    if facts is None:
        lost = f"the benchmark of night {record.night} is no longer there"
        message = lost if record.decision else f"night {record.night} was not benchmarked: {record.reason}"
        raise UsageError(message)
    return facts
