"""The most instructive failures: lost against the served release, then forgotten, then failed most."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ct_retrain.core.errors import CtRetrainError
from ct_retrain.core.records.night import BenchmarkFacts
from ct_retrain.core.records.problem import Problem, Scorecard
from ct_retrain.core.workspace import SAMPLES
from ct_retrain.report.formatting import (
    arm_name,
    line,
    lines,
    words,
)
from ct_retrain.report.inspection import Answers, Inspection, inspected
from ct_retrain.report.report_inputs import NightFiles, ReportInputs
from ct_retrain.suites.load import load_suite

SHOWN = 5
_DIFF_LINES = 160
_LOG_LINES = 40
_SPEC_LINES = 60


class TopFailure(NamedTuple):
    """One problem, why it is shown, and the candidate's answer."""

    problem: str
    category: str
    why: str
    outcome: str
    detail: str
    where: str
    attempts: tuple[tuple[str, str, str], ...]
    """Arm, number passed, endings of the others."""
    spec: tuple[str, ...]
    diff: tuple[tuple[str, str], ...]
    """(kind of line: add, del, at or ctx; the line)."""
    log: tuple[str, ...]


class Failures(NamedTuple):
    """The shown failures, and a sentence if some cannot be shown."""

    shown: tuple[TopFailure, ...]
    missing: str


def problems_of(inputs: ReportInputs) -> tuple[dict[str, Problem], str]:
    """Return the suite's problems by id, or why they cannot be read."""
    try:
        suite = load_suite(inputs.suite, inputs.workspace.root)
    except CtRetrainError as error:
        return {}, f"the benchmark's suite cannot be read ({error}): answers are shown without their golden"
    return {problem.id: problem for problem in suite.problems}, ""


def top_failures(inputs: ReportInputs, night: NightFiles, problems: dict[str, Problem]) -> Failures:
    """Return the failures of the arm that the night decided on."""
    facts = night.of(BenchmarkFacts)
    if facts is None or facts.decided is None:
        return Failures((), "")
    chosen = list(_chosen(facts, facts.decided, problems))
    wanted = [problems.get(name) or _unknown(name) for name, _ in chosen]
    directory = night.places["benchmark"] / SAMPLES
    answers = Answers(night.record.night, directory, inputs.workspace.relative(directory))
    try:
        found = list(inspected(answers, facts.scorecards, wanted, facts.decision.arm))
    except (CtRetrainError, OSError) as error:
        return Failures((), f"the answers cannot be read: {error}")
    missing = "" if all(one.where for one in found) else f"answers no longer exist in {answers.name}"
    shown = [
        _failure(one, problem, why) for one, problem, (_, why) in zip(found, wanted, chosen, strict=True)
    ]
    return Failures(tuple(shown), missing)


def _chosen(
    facts: BenchmarkFacts, card: Scorecard, problems: dict[str, Problem]
) -> Iterator[tuple[str, str]]:
    """Return up to SHOWN problems, each with the reason."""
    samples = card.sampling.samples
    reasons: dict[str, str] = {}
    for one in facts.decision.evidence.comparisons:
        for name in one.lost:
            reasons.setdefault(name, f"lost against {arm_name(one.incumbent)}")
    for name in facts.forgotten:
        reasons.setdefault(name, "solved by an earlier release")
    for name in _most_failed(card, problems):
        reasons.setdefault(name, "fails most")
    asked = [(name, why) for name, why in reasons.items() if card.passes.get(name, samples) < samples]
    yield from asked[:SHOWN]


def _most_failed(card: Scorecard, problems: dict[str, Problem]) -> list[str]:
    """Return those that fail most; ties alternate between categories."""
    turns: Counter[str] = Counter()
    ranked: list[tuple[int, int, str]] = []
    for name, passed in sorted(card.passes.items(), key=lambda pair: (pair[1], pair[0])):
        category = problems[name].category if name in problems else ""
        ranked.append((passed, turns[category], name))
        turns[category] += 1
    return [name for _, _, name in sorted(ranked)]


def _unknown(name: str) -> Problem:
    """Return a placeholder for a problem that the suite no longer has."""
    return Problem(id=name, spec="", top="", testbench="", golden="", category="")


def _failure(found: Inspection, problem: Problem, why: str) -> TopFailure:
    return TopFailure(
        problem=found.problem,
        category=found.category,
        why=why,
        outcome=words(found.outcome),
        detail=line(found.detail),
        where=found.where,
        attempts=tuple(
            (
                arm_name(one.arm),
                f"{one.passed} of {one.samples}",
                ", ".join(f"{count} {words(name)}" for name, count in one.failures.items()),
            )
            for one in found.attempts
        ),
        spec=tuple(lines(problem.question, _SPEC_LINES)),
        diff=tuple(_marked(lines(found.diff, _DIFF_LINES))),
        log=tuple(lines(found.log, _LOG_LINES, last=True)),
    )


def _marked(diff: Sequence[str]) -> Iterator[tuple[str, str]]:
    kinds = {"+": "add", "-": "del", "@": "at"}
    for place, one in enumerate(diff):
        yield ("at" if place < 2 else kinds.get(one[:1], "ctx")), one
