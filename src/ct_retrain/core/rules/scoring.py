"""Add up samples to a scorecard; the denominator is fixed, and problems not attempted count as failed."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.problem import (
    JudgedBy,
    Problem,
    Sample,
    Sampling,
    Scorecard,
    Suite,
)
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.core.rules.endings import NOT_ATTEMPTED, failure_of
from ct_retrain.core.rules.statistics import Resampling, estimate

KS = (1, 5, 10)
"""The values of k for pass@k, as far as there are that many samples."""


class EvalSpec(NamedTuple):
    """What every arm is measured on."""

    suite: Suite
    sampling: Sampling
    gate: GateSettings
    """Confidence and resamples of the intervals."""
    simulator: Tool
    evident: bool = True
    """Whether passes report their number of comparisons; those of a suite's own grader do not."""
    ks: tuple[int, ...] = KS
    """Values of k; those above the number of answers are left out."""


def scorecard(eval_spec: EvalSpec, arm: ArmId, model: Tool, samples: Sequence[Sample]) -> Scorecard:
    """Add up the *samples* of one arm; *model* is its generator's tool."""
    suite, k = eval_spec.suite, eval_spec.sampling.samples
    passes = dict.fromkeys((problem.id for problem in suite.problems), 0)
    for sample in samples:
        passes[sample.problem_id] += sample.verdict.passed
    total = k * len(passes)
    how = Resampling.of(eval_spec.gate)
    groups: dict[str, list[int]] = {}
    for problem in suite.problems:
        groups.setdefault(problem.category, []).append(passes[problem.id])
    outcomes = Counter(failure_of(sample) for sample in samples)
    if len(samples) < total:
        outcomes[NOT_ATTEMPTED] = total - len(samples)
    counts = list(passes.values())
    expected = {problem.id: problem.expected for problem in suite.problems}
    return Scorecard(
        arm=arm,
        model=model.detail or model.name,
        model_digest=digest(model),
        suite=suite.name,
        suite_digest=suite.digest,
        sampling=eval_spec.sampling,
        tools=(eval_spec.simulator, Tool(name=model.name, version=model.version)),
        functional=estimate(counts, k, how),
        pass_at_k={str(n): estimate(counts, k, how, n) for n in eval_spec.ks if n <= k},
        categories={name: estimate(group, k, how) for name, group in sorted(groups.items())},
        outcomes=dict(sorted(outcomes.items())),
        compile_rate=_share(sum(compiles(sample) for sample in samples), total),
        finished_rate=_share(sum(sample.finished for sample in samples), total),
        forged=sum(_forged(sample, expected[sample.problem_id]) for sample in samples)
        if eval_spec.evident
        else 0,
        passes=passes,
        answers=_texts(samples),
        judged_otherwise=judged_otherwise(suite.problems),
    )


def judged_otherwise(problems: Sequence[Problem]) -> dict[JudgedBy, int]:
    """Return how many of *problems* no testbench with a passing golden judges, by what does."""
    return dict(Counter(one.judged_by for one in problems if one.judged_by != "testbench"))


def _texts(samples: Sequence[Sample]) -> str:
    """Return one digest of all answers, whatever their order."""
    ordered = sorted(samples, key=lambda one: (one.problem_id, one.index))
    return digest(*(part for one in ordered for part in (one.problem_id, str(one.index), one.text)))


def _forged(sample: Sample, expected: int | None) -> bool:
    """Whether a pass lacks the evidence that the judge gives every pass: its file was tampered with."""
    verdict = sample.verdict
    return verdict.passed and (not sample.rtl or verdict.checks < max(1, expected or 0))


def compiles(sample: Sample) -> bool:
    """Whether the answer holds RTL that compiled."""
    return bool(sample.rtl) and sample.verdict.outcome is not Outcome.COMPILE_ERROR


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
