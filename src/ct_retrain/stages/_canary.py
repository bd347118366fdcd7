"""The canary: a test of the published copy of an adapter before `latest_nightly` points at it.

The copy answers, greedily, the problems that it solved most often in the night's benchmark, shortest first, until an
answer compiles. An adapter that passed the benchmark can do that; a copy that cannot is not the adapter that was
measured.
"""

from collections.abc import Iterator
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.ports import Generator, Simulator
from ct_retrain.core.records.night import Canary
from ct_retrain.core.records.problem import (
    Problem,
    Prompt,
    Sample,
    Sampling,
    Scorecard,
)
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.core.rules.endings import failure_of
from ct_retrain.core.rules.scoring import compiles
from ct_retrain.stages._samples import sample_of
from ct_retrain.suites.answer import NO_MODULE, rtl_of

CANARY = "canary.jsonl"
"""File of the questions asked and the answers, as Samples."""
_TRIES = 3


def smoke_test(
    out: Path, easy: tuple[Problem, ...], drawn: Sampling, generator: Generator, judge: Simulator
) -> Canary:
    """Ask *generator* for the problems *easy* as *drawn* says, but greedily; answers in *out* are not drawn again.

    A publish that was interrupted after the pointer moved therefore gets the same result.
    """
    note = out / CANARY
    if not note.exists():
        sampling = drawn.model_copy(update={"samples": 1, "temperature": 0.0})
        disk.write_lines(note, iter(list(_answers(easy, sampling, generator, judge))))
    samples = list(disk.read_lines(note, Sample))
    return Canary(
        asked=tuple(sample.problem_id for sample in samples),
        outcomes=tuple(failure_of(sample) for sample in samples),
        compiles=any(_compiled(sample) for sample in samples),
    )


def easiest(problems: tuple[Problem, ...], card: Scorecard) -> tuple[Problem, ...]:
    """Return the few of *problems* that the arm of *card* solved most often; ties go to the shortest golden."""
    measured = [problem for problem in problems if problem.id in card.passes]
    measured.sort(key=lambda one: (-card.passes[one.id], len(one.golden), one.id))
    return tuple(measured[:_TRIES])


def _answers(
    problems: tuple[Problem, ...], sampling: Sampling, generator: Generator, judge: Simulator
) -> Iterator[Sample]:
    for problem in problems:
        for answer in generator.generate([Prompt(id=problem.id, text=problem.question)], sampling):
            rtl = rtl_of(problem, answer.text)
            sample = sample_of(answer, rtl, judge.check(problem.design(rtl or NO_MODULE)))
            yield sample
            if _compiled(sample):
                return


def _compiled(sample: Sample) -> bool:
    """Whether the compiler accepted the design; a design that the guard refused was never compiled."""
    return compiles(sample) and sample.verdict.outcome is not Outcome.FORBIDDEN
