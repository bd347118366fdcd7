"""Check a suite before use: goldens pass, stubs fail, both simulators agree.

A problem that fails a check is quarantined for every arm, by name and reason; scores count only the others.
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
from ct_retrain.verilog.stub import Level, stub


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
    counted = list(_goldens(suite.problems, simulator, workers, sick))
    if helped.second is not None:
        sick.update(_contradictions(counted, helped.second, workers))
    agreed = [problem for problem in counted if problem.id not in sick]
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
        case _:
            reason = "golden_fails"
    return Rejected(subject=problem.id, reason=reason, detail=f"{verdict.outcome}: {verdict.detail}")


_PORT = re.compile(r" is not a port of |Unknown module type")
_CONTRADICTS = frozenset({Outcome.MISMATCH, Outcome.TIMEOUT})
"""Outcomes that contradict a pass; a second simulator that cannot compile a golden contradicts nothing."""


_WRITES_X = re.compile(r"'[sS]?(?:[bBoOdDhH]\s*)?[0-9a-fA-F_?zZ]*[xX]")
"""A literal with an unknown bit: a don't-care of this golden, which a two-state simulator must choose."""


def _contradictions(problems: Sequence[Problem], second: Simulator, workers: int) -> dict[str, Rejected]:
    problems = [one for one in problems if not _WRITES_X.search(one.golden)]
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
    level: Level
    text: str


def _weak(
    problems: Sequence[Problem], simulator: Simulator, workers: int, same: MutantEquivalence | None
) -> dict[str, Rejected]:
    """Yield the problems whose testbench passes a stub that is not proved to be a right answer.

    A testbench that runs into the time limit on one stub is not run on the others, because each costs a time
    limit.
    """
    passing: dict[str, list[Level]] = {}
    asked = list(problems)
    for level in _LEVELS:
        stubs = [_Stub(one, level, text) for one in asked if (text := stub(one.golden, one.top, level))]
        designs = (one.problem.design(one.text) for one in stubs)
        verdicts = paced(check_all(simulator, designs, workers), f"suite: outputs {level}", len(stubs))
        for one, verdict in zip(stubs, verdicts, strict=True):
            if verdict.outcome is Outcome.TIMEOUT:
                asked.remove(one.problem)
            elif verdict.passed and not _asked_for(one, same):
                passing.setdefault(one.problem.id, []).append(level)
    return {name: _unnoticed(name, levels) for name, levels in passing.items()}


_LEVELS: tuple[Level, ...] = ("x", "z", "0", "1", "echo")
"""Values of every output; a module that drives nothing is `z`."""


def _asked_for(one: _Stub, same: MutantEquivalence | None) -> bool:
    return same is not None and same(one.problem.golden, one.text, one.problem.top) is True


def _unnoticed(name: str, levels: Sequence[Level]) -> Rejected:
    said = ", ".join("an echo of the first input" if level == "echo" else f"all {level}" for level in levels)
    detail = f"the testbench passes a design whose outputs are {said}"
    return Rejected(subject=name, reason="weak_testbench", detail=detail)
