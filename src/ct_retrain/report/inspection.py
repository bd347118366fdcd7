"""Problems of one night: each arm's results, a failing answer, its log, and its difference from the golden."""

import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.record import Record
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.problem import (
    Problem,
    Sample,
    Scorecard,
)
from ct_retrain.core.rules.endings import failure_of

_COMPARED = 4000
"""Maximum lines of an answer that are compared, because the cost is quadratic."""


class ArmAttempt(Record):
    """Results of one arm on the problem."""

    arm: ArmId
    passed: int
    samples: int
    failures: dict[str, int]
    """Ending of failing samples → count."""


class Inspection(Record):
    """Results of a night on one problem."""

    night: str
    problem: str
    category: str
    attempts: tuple[ArmAttempt, ...]
    where: str
    """File and line of the shown sample, relative to the workspace; empty if the arm shown failed none."""
    outcome: str
    detail: str
    log: str
    """Log of the simulation, and of the synthesised copy's if it disagrees."""
    diff: str
    """Difference from the golden to the answer's RTL, or to the whole answer if it holds none."""


class Answers(NamedTuple):
    """Location of a night's answers."""

    night: str
    directory: Path
    name: str
    """Name of the directory, relative to the workspace."""


Placed = tuple[str, Sample]
"""A sample, and its file and line."""


def inspected(
    answers: Answers, cards: Sequence[Scorecard], problems: Sequence[Problem], shown: ArmId
) -> Iterator[Inspection]:
    """Return the results of *problems*, all in *cards*, each with the first failing sample of the arm *shown*."""
    wanted = {problem.id for problem in problems}
    found = {card.arm: drawn(answers.directory, card, wanted) for card in cards}
    for problem in problems:
        attempts = [_attempt(card, problem, found[card.arm].get(problem.id, [])) for card in cards]
        placed = found.get(shown, {}).get(problem.id, [])
        failed = [(place, sample) for place, sample in placed if not sample.verdict.passed]
        place, sample = failed[0] if failed else (None, None)
        yield Inspection(
            night=answers.night,
            problem=problem.id,
            category=problem.category,
            attempts=tuple(attempts),
            where=f"{answers.name}/{place}" if place else "",
            outcome=failure_of(sample) if sample else "",
            detail=sample.verdict.detail if sample else "",
            log=_log(sample) if sample else "",
            diff=_diff(problem.golden, sample.rtl or sample.text) if sample else "",
        )


def drawn(directory: Path, card: Scorecard, wanted: Collection[str]) -> dict[str, list[Placed]]:
    """Return the samples of the *wanted* problems that *card* counts.

    The cache may have supplied more for a problem, and a night resumed with other tools leaves a second file.
    """
    for path in sorted(directory.glob(f"{card.arm}-*.jsonl")):
        passed: Counter[str] = Counter()
        found: dict[str, list[Placed]] = {}
        for number, sample in enumerate(disk.read_lines(path, Sample), 1):
            if sample.index >= card.sampling.samples:
                continue
            passed[sample.problem_id] += sample.verdict.passed
            if sample.problem_id in wanted:
                found.setdefault(sample.problem_id, []).append((f"{path.name}:{number}", sample))
        if all(passed[name] == count for name, count in card.passes.items()):
            return found
    return {}


def _attempt(card: Scorecard, problem: Problem, answers: Sequence[Placed]) -> ArmAttempt:
    failures = Counter(failure_of(sample) for _, sample in answers if not sample.verdict.passed)
    return ArmAttempt(
        arm=card.arm,
        passed=card.passes[problem.id],
        samples=card.sampling.samples,
        failures=dict(sorted(failures.items())),
    )


def _log(sample: Sample) -> str:
    verdict = sample.verdict
    return "\n".join(text.rstrip("\n") for text in (verdict.log, verdict.second_log) if text)


def _diff(golden: str, answer: str) -> str:
    if not golden:
        return "no golden is published"
    ours, theirs = golden.splitlines()[:_COMPARED], answer.splitlines()[:_COMPARED]
    return "\n".join(difflib.unified_diff(ours, theirs, "golden", "answer", lineterm=""))
