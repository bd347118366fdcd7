"""One problem of one night: what each arm made of it, the answer that failed, its log, and how it differs from the golden."""

import difflib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.night import BenchmarkFacts, Manifest, NightRecord
from ct_retrain.core.problem import Arm, Problem, Sample, Scorecard
from ct_retrain.core.record import Record
from ct_retrain.core.scoring import failure_of
from ct_retrain.core.workspace import Workspace
from ct_retrain.stages.benchmark import SAMPLES


class Attempt(Record):
    """What one arm did on the problem."""

    arm: Arm
    passed: int
    samples: int
    failures: dict[str, int]
    """How the samples that failed ended → how many."""


class Inspection(Record):
    """A problem as a night saw it."""

    night: str
    problem: str
    category: str
    attempts: tuple[Attempt, ...]
    where: str
    """File and line of the shown sample, relative to the workspace; empty when no sample of the candidate failed."""
    outcome: str
    detail: str
    log: str
    """Of the simulation, and of that of the synthesised copy where it disagrees."""
    diff: str
    """From the golden to the answer's RTL, or to the whole answer where it holds none."""


class Failure(NamedTuple):
    """A problem that the candidate fails, and the first answer to it that does."""

    problem: str
    where: str
    """File and line, relative to the workspace; the line holds answer, RTL, verdict and log."""


def failures(workspace: Workspace, record: NightRecord, most: int) -> list[Failure]:
    """What to look at first: problems lost against the first incumbent, or where none is those solved least.

    Empty for a night that asked nothing, or whose answers are no longer there.
    """
    if record.decision is None or not record.decision.evidence.comparisons:
        return []
    facts = _facts(workspace, record)
    cards = [card for card in facts.scorecards if card.arm == "candidate"] if facts else []
    directory = workspace.stage(record.night, "benchmark") / SAMPLES
    first: dict[str, str] = {}
    for card in cards:
        for place, sample in _samples(directory, card):
            if not sample.verdict.passed:
                first.setdefault(sample.problem_id, f"{workspace.relative(directory)}/{place}")
    lost = record.decision.evidence.comparisons[0].lost
    least = sorted(first, key=lambda name: (cards[0].passes[name], name))
    named = [name for name in lost or least if name in first]
    return [Failure(name, first[name]) for name in named[:most]]


def quarantined(workspace: Workspace, record: NightRecord) -> tuple[str, ...]:
    """Problems that no arm of the night was asked; empty for a night without a benchmark."""
    facts = _facts(workspace, record)
    return facts.quarantined if facts else ()


def inspect(workspace: Workspace, record: NightRecord, problem: Problem) -> Inspection:
    """Look at *problem* in the night of *record*; the candidate's first failing sample is shown.

    Raise UsageError when the night was not benchmarked or did not use the problem.
    """
    facts = _measured(workspace, record)
    if not facts.scorecards:
        raise UsageError(f"night {record.night} asked no problem: {record.reason}")
    cards = [card for card in facts.scorecards if problem.id in card.passes]
    if not cards:
        message = f"night {record.night} did not use problem {problem.id}; it was quarantined or is of another suite"
        raise UsageError(message)
    directory = workspace.stage(record.night, "benchmark") / SAMPLES
    drawn = {
        card.arm: [one for one in _samples(directory, card) if one[1].problem_id == problem.id]
        for card in cards
    }
    attempts = tuple(
        Attempt(
            arm=card.arm,
            passed=card.passes[problem.id],
            samples=card.sampling.samples,
            failures=_failures([sample for _, sample in drawn[card.arm]]),
        )
        for card in cards
    )
    failed = [(place, sample) for place, sample in drawn["candidate"] if not sample.verdict.passed]
    place, sample = failed[0] if failed else (None, None)
    return Inspection(
        night=record.night,
        problem=problem.id,
        category=problem.category,
        attempts=attempts,
        where=f"{workspace.relative(directory)}/{place}" if place else "",
        outcome=failure_of(sample) if sample else "",
        detail=sample.verdict.detail if sample else "",
        log=_log(sample) if sample else "",
        diff=_diff(problem.golden, sample.rtl or sample.text) if sample else "",
    )


def _measured(workspace: Workspace, record: NightRecord) -> BenchmarkFacts:
    facts = _facts(workspace, record)
    if facts is None:
        lost = f"the benchmark of night {record.night} is no longer there"
        message = lost if record.decision else f"night {record.night} was not benchmarked: {record.reason}"
        raise UsageError(message)
    return facts


def _facts(workspace: Workspace, record: NightRecord) -> BenchmarkFacts | None:
    for ref in record.stages:
        if ref.stage == "benchmark" and (workspace.root / ref.path).exists():
            facts = disk.read_record(workspace.root / ref.path, Manifest).facts
            if isinstance(facts, BenchmarkFacts):
                return facts
    return None


def _samples(directory: Path, card: Scorecard) -> Iterator[tuple[str, Sample]]:
    """Those that *card* counts.

    The stock may have brought more to a problem, and a night that was resumed with other tools leaves a second file.
    """
    for path in sorted(directory.glob(f"{card.arm}-*.jsonl")):
        lines = enumerate(disk.read_lines(path, Sample), 1)
        drawn = [(number, sample) for number, sample in lines if sample.index < card.sampling.samples]
        passed = Counter(sample.problem_id for _, sample in drawn if sample.verdict.passed)
        if all(passed[name] == count for name, count in card.passes.items()):
            yield from ((f"{path.name}:{number}", sample) for number, sample in drawn)
            return


def _failures(samples: list[Sample]) -> dict[str, int]:
    names = [failure_of(sample) for sample in samples if not sample.verdict.passed]
    return {name: names.count(name) for name in sorted(set(names))}


def _log(sample: Sample) -> str:
    verdict = sample.verdict
    return "\n".join(text.rstrip("\n") for text in (verdict.log, verdict.second_log) if text)


def _diff(golden: str, answer: str) -> str:
    lines = difflib.unified_diff(golden.splitlines(), answer.splitlines(), "golden", "answer", lineterm="")
    return "\n".join(lines)
