"""Measures a model on the spec bank: RTL for held-out tasks, judged by simulation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from ct_retrain.core.ports import Generator, Simulator
from ct_retrain.core.records.problem import Prompt, Sampling
from ct_retrain.core.records.verdict import Design
from ct_retrain.demo.bench import testbench
from ct_retrain.demo.families import Family, Split, Task, sample

LONGEST_ANSWER = 220
"""Tokens; the longest golden has fewer."""


@dataclass(frozen=True, slots=True)
class FamilyScore:
    """How many held-out tasks of a family a model solved."""

    family: str
    category: str
    passed: int
    tasks: int


def draw_tasks(
    families: Sequence[Family], tasks_each: int, seed: int, split: Split = "held_out"
) -> list[Task]:
    """Draw *tasks_each* tasks of each family from *split*; they depend on nothing but the arguments."""
    rng = Random(seed)
    return [sample((family,), rng, split) for family in families for _ in range(tasks_each)]


def write_rtl(
    generator: Generator, tasks: Sequence[Task], *, temperature: float = 0.0, seed: int = 0
) -> list[str]:
    """Write one module for each task, greedily unless *temperature* is positive."""
    sampling = Sampling(
        samples=1, temperature=temperature, top_p=1.0, max_new_tokens=LONGEST_ANSWER, seed=seed
    )
    prompts = [Prompt(id=str(index), text=task.instruction) for index, task in enumerate(tasks)]
    answers = {one.prompt_id: one.text for one in generator.generate(prompts, sampling)}
    return [answers[prompt.id] for prompt in prompts]


def assess(
    write: Callable[[Sequence[Task]], Sequence[str]], simulator: Simulator, tasks: Sequence[Task]
) -> tuple[FamilyScore, ...]:
    """Score what *write* answers to *tasks*, by family in the order of their first tasks."""
    outcomes: dict[tuple[str, str], list[bool]] = {}
    for task, answer in zip(tasks, write(tasks), strict=True):
        verdict = simulator.check(Design(rtl=answer, testbench=testbench(task)))
        outcomes.setdefault((task.family, task.category), []).append(verdict.passed)
    return tuple(
        FamilyScore(family, category, sum(passed), len(passed))
        for (family, category), passed in outcomes.items()
    )


def pass_rate(scores: Sequence[FamilyScore]) -> float:
    """Share of all tasks that passed."""
    return sum(score.passed for score in scores) / sum(score.tasks for score in scores)
