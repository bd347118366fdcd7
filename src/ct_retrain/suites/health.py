"""Check a suite before use: goldens pass, stubs fail, both simulators agree.

A problem whose golden is withheld is judged by its testbench alone; that must report a stub as wrong. A problem that
fails a check is quarantined for every arm, by name and reason; scores count only the others.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ct_retrain.core.ports import Simulator
from ct_retrain.core.progress import paced
from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.problem import Problem, Suite
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.credibility import MutantEquivalence
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.lazy import judge_behind
from ct_retrain.suites.idle import LEVELS, Idle, idle


class Health(NamedTuple):
    """Result of the check."""

    suite: Suite
    """The healthy problems, each with the number of comparisons in its golden's run."""
    quarantined: tuple[Rejected, ...]
    """Every other problem, with one reason; items that could not be read come first."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is quarantined: problem ids, and places of items without an id."""
        return tuple(one.subject for one in self.quarantined)


class HealthTools(NamedTuple):
    """What else is used besides the simulator that judges the answers."""

    plain: Simulator | None = None
    """Simulator for stubs; None uses the main one, whose passes may cost more."""
    same: MutantEquivalence | None = None
    """Tells a stub from a problem whose right answer does nothing; without it both are quarantined."""
    second: Simulator | None = None
    """A second simulator, which must not contradict the first on a golden."""


def health(suite: Suite, simulator: Simulator, workers: int = 0, aids: HealthTools | None = None) -> Health:
    """Run every golden and every stub of *suite* on *simulator*, which also judges the answers.

    Without *aids* a Judge provides its own. Raise ToolError if the judge itself fails.
    """
    helped = aids or aids_of(simulator)
    sick: dict[str, Rejected] = {}
    with_golden = [problem for problem in suite.problems if problem.golden]
    counted = list(_goldens(with_golden, simulator, workers, sick))
    if helped.second is not None:
        sick.update(_contradictions(counted, helped.second, workers))
    judged = {problem.id: problem for problem in counted if problem.id not in sick}
    agreed = [judged.get(one.id, one) for one in suite.problems if one.id in judged or not one.golden]
    sick.update(_weak(agreed, helped.plain or simulator, workers, helped.same))
    healthy = tuple(problem for problem in agreed if problem.id not in sick)
    quarantined = tuple(sick[problem.id] for problem in suite.problems if problem.id in sick)
    whole = suite.model_copy(update={"problems": healthy, "digest": digest(*healthy), "rejected": ()})
    return Health(whole, (*suite.rejected, *quarantined))


def aids_of(simulator: Simulator, *, second: bool = True) -> HealthTools:
    """Return the aids of *simulator*: a Judge's parts, with Verilator only if *second*; none for any other."""
    judge = judge_behind(simulator)
    if judge is None:
        return HealthTools()
    return HealthTools(plain=judge.plain, same=judge.same, second=judge.verilator if second else None)


def _goldens(
    problems: Sequence[Problem], simulator: Simulator, workers: int, sick: dict[str, Rejected]
) -> Iterator[Problem]:
    """Yield the problems whose golden passes, with its comparisons; add the others to *sick*."""
    goldens = (problem.design(problem.golden) for problem in problems)
    verdicts = paced(check_all(simulator, goldens, workers), "suite: goldens", len(problems))
    for problem, verdict in zip(problems, verdicts, strict=True):
        if verdict.passed:
            yield problem.model_copy(update={"expected": verdict.checks or None})
        else:
            sick[problem.id] = _refused(problem, verdict)


def _refused(problem: Problem, verdict: Verdict) -> Rejected:
    match verdict.outcome:
        case Outcome.COMPILE_ERROR if _PORT.search(verdict.detail):
            reason = "wrong_interface"
        case Outcome.NO_EVIDENCE if verdict.detail.startswith("the testbench does not compile"):
            reason = "testbench_does_not_compile"
        case Outcome.COMPILE_ERROR:
            reason = "golden_does_not_compile"
        case Outcome.NO_EVIDENCE if "does nothing" in verdict.detail:
            reason = "weak_testbench"
        case Outcome.NO_EVIDENCE:
            reason = "no_verdict"
        case Outcome.UNPROVEN:
            reason = "unprovable"
        case _:
            reason = "golden_fails"
    return Rejected(subject=problem.id, reason=reason, detail=f"{verdict.outcome}: {verdict.detail}")


_PORT = re.compile(r" is not a port of |Unknown module type")
_CONTRADICTS = frozenset({Outcome.MISMATCH, Outcome.TIMEOUT})
"""Outcomes that contradict a pass; a second simulator that cannot compile a golden contradicts nothing."""


_WRITES_X = re.compile(r"'[sS]?(?:[bBoOdDhH]\s*)?[0-9a-fA-F_?zZ]*[xX]")
"""A literal with an unknown bit: a don't-care of this golden, which a two-state simulator must choose."""


def _contradictions(problems: Sequence[Problem], second: Simulator, workers: int) -> dict[str, Rejected]:
    problems = [one for one in problems if one.testbench and not _WRITES_X.search(one.golden)]
    goldens = (Design(rtl=one.golden, testbench=one.testbench, files=one.files) for one in problems)
    verdicts = check_all(second, goldens, workers)
    return {
        problem.id: Rejected(
            subject=problem.id,
            reason="simulators_disagree",
            detail=f"the golden passes, but {second.tool.name} says {verdict.outcome}: {verdict.detail}",
        )
        for problem, verdict in zip(problems, verdicts, strict=True)
        if verdict.outcome in _CONTRADICTS
    }


class _Stub(NamedTuple):
    problem: Problem
    level: Idle
    text: str


def _weak(
    problems: Sequence[Problem], simulator: Simulator, workers: int, same: MutantEquivalence | None
) -> dict[str, Rejected]:
    """Yield the problems that pass a stub not proved to be a right answer, or without a golden tell no stub wrong.

    A testbench that runs into the time limit on one stub is not run on the others, because each costs a time
    limit.
    """
    passing: dict[str, list[Idle]] = {}
    heard: dict[str, list[Verdict]] = {one.id: [] for one in problems}
    asked = list(problems)
    for level in LEVELS:
        stubs = [_Stub(one, level, text) for one in asked if (text := idle(one, level))]
        designs = (one.problem.design(one.text) for one in stubs)
        verdicts = paced(check_all(simulator, designs, workers), f"suite: outputs {level}", len(stubs))
        for one, verdict in zip(stubs, verdicts, strict=True):
            heard[one.problem.id].append(verdict)
            if verdict.outcome is Outcome.TIMEOUT:
                asked.remove(one.problem)
            elif verdict.passed and not _asked_for(one, same):
                passing.setdefault(one.problem.id, []).append(level)
    silent = {one.id: why for one in problems if not one.golden and (why := _silent(one, heard[one.id]))}
    return silent | {name: _unnoticed(name, levels) for name, levels in passing.items()}


def _silent(problem: Problem, heard: Sequence[Verdict]) -> Rejected | None:
    """Return why nothing shows that the testbench of *problem*, which has no golden, judges anything."""
    if any(one.outcome in {Outcome.MISMATCH, Outcome.TIMEOUT} for one in heard):
        return None
    if not heard:
        detail = (
            "no golden, and neither a header nor the question says which ports a design that does nothing has"
        )
        return Rejected(subject=problem.id, reason="unknown_interface", detail=detail)
    refused = [_refused(problem, one) for one in heard]
    worst = next((one for one in refused if one.reason == "weak_testbench"), refused[0])
    reason = worst.reason if worst.reason == "weak_testbench" else "no_verdict"
    detail = f"no golden, and no design that does nothing is told wrong: {worst.detail}"
    return Rejected(subject=problem.id, reason=reason, detail=detail)


def _asked_for(one: _Stub, same: MutantEquivalence | None) -> bool:
    golden = one.problem.golden
    return bool(golden) and same is not None and same(golden, one.text, one.problem.top) is True


def _unnoticed(name: str, levels: Sequence[Idle]) -> Rejected:
    if list(levels) == ["given"]:
        detail = "the module in the question passes unchanged: it is an answer, or the testbench cannot tell"
        return Rejected(subject=name, reason="given_answer", detail=detail)
    said = ", ".join(_SAID.get(level, f"all {level}") for level in levels)
    detail = f"the testbench passes a design whose outputs are {said}"
    return Rejected(subject=name, reason="weak_testbench", detail=detail)


_SAID: dict[Idle, str] = {
    "echo": "an echo of the first input",
    "given": "those of the question's own module",
}
