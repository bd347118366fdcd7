"""Measures a model on the spec bank: RTL for held-out tasks, judged by simulation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from ct_retrain.core.ports import Simulator
from ct_retrain.core.verdict import Design
from ct_retrain.demo.bench import testbench
from ct_retrain.demo.families import Family, Task, sample


@dataclass(frozen=True, slots=True)
class FamilyScore:
    """How many held-out tasks of a family a model solved."""

    family: str
    category: str
    passed: int
    tasks: int


def assess(
    write: Callable[[Sequence[Task]], Sequence[str]],
    simulator: Simulator,
    families: Sequence[Family],
    tasks_each: int,
    seed: int,
) -> tuple[FamilyScore, ...]:
    """Score what *write* answers to *tasks_each* held-out tasks of each family; the tasks depend on *seed* alone."""
    rng = Random(seed)
    tasks = [sample((family,), rng, "held_out") for family in families for _ in range(tasks_each)]
    answers = write(tasks)
    passed: dict[str, int] = {}
    for task, answer in zip(tasks, answers, strict=True):
        verdict = simulator.check(Design(rtl=answer, testbench=testbench(task)))
        passed[task.family] = passed.get(task.family, 0) + verdict.passed
    return tuple(
        FamilyScore(family.name, family.category, passed[family.name], tasks_each) for family in families
    )


def pass_rate(scores: Sequence[FamilyScore]) -> float:
    """Share of all tasks that passed."""
    return sum(score.passed for score in scores) / sum(score.tasks for score in scores)
