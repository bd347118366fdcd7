"""The arms on the same problems, seeds and tools, the same night; then the gate's decision.

Samples are appended as they come, so a benchmark that was cut short goes on where it stopped and ends with
the same samples: each is drawn from (seed, problem, index) alone.
"""

import contextlib
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from pydantic import TypeAdapter, ValidationError

from ct_retrain import disk
from ct_retrain.core.gate import decide
from ct_retrain.core.night import BenchmarkFacts
from ct_retrain.core.ports import Generator, Generators, Simulator
from ct_retrain.core.problem import Arm, Completion, Prompt, Sample, Sampling, Scorecard, Suite
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.settings import BenchmarkSettings, GateSettings
from ct_retrain.core.stats import Resampling, estimate, pass_at_k
from ct_retrain.core.verdict import Design, Outcome, Verdict
from ct_retrain.judge.fanout import check_all
from ct_retrain.verilog.extract import find_rtl

SAMPLES = "samples"
NO_MODULE = "no_module"


class BenchmarkInputs(NamedTuple):
    """What one benchmark works from."""

    suite: Suite
    arms: tuple[tuple[Arm, Path | None], ...]
    """Arm and its adapter; None is mainline as it is."""
    settings: BenchmarkSettings
    gate: GateSettings
    min_delta: float
    workers: int


def benchmark(
    out: Path, inputs: BenchmarkInputs, generators: Generators, simulator: Simulator
) -> BenchmarkFacts:
    """Fill *out* with every arm's samples and return scorecards and decision.

    A problem whose golden fails its own testbench tonight is left out for all arms, by name.
    """
    healthy, quarantined = health(inputs.suite, simulator, inputs.workers)
    course = Course(out, healthy, inputs.settings, inputs.gate, simulator, inputs.workers)
    cards = tuple(measure(course, arm, generators.open(adapter)) for arm, adapter in inputs.arms)
    decision = decide(cards, inputs.gate, inputs.min_delta)
    disk.write_lines(out / "scorecards.jsonl", iter(cards))
    return BenchmarkFacts(scorecards=cards, quarantined=quarantined, decision=decision)


def sampling_of(settings: BenchmarkSettings) -> Sampling:
    """The Sampling that *settings* ask for."""
    return Sampling(
        samples=settings.samples,
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_new_tokens=settings.max_new_tokens,
        seed=settings.seed,
    )


def health(suite: Suite, simulator: Simulator, workers: int) -> tuple[Suite, tuple[str, ...]]:
    """*suite* without the problems whose golden does not pass, and their ids."""
    designs = (Design(rtl=one.golden, testbench=one.testbench) for one in suite.problems)
    verdicts = check_all(simulator, designs, workers)
    sick = tuple(
        problem.id for problem, verdict in zip(suite.problems, verdicts, strict=True) if not verdict.passed
    )
    healthy = tuple(problem for problem in suite.problems if problem.id not in sick)
    return Suite(name=suite.name, problems=healthy, digest=digest(*healthy)), sick


class Course(NamedTuple):
    """What every arm is measured on, the same for all of them."""

    out: Path
    """Samples go to `samples/` below it."""
    suite: Suite
    settings: BenchmarkSettings
    gate: GateSettings
    simulator: Simulator
    workers: int


def measure(course: Course, arm: Arm, generator: Generator) -> Scorecard:
    """Draw and judge the answers of one arm into `samples/<arm>-<key>.jsonl`; what is there already is kept."""
    suite, sampling = course.suite, sampling_of(course.settings)
    key = digest(suite, sampling, generator.tool, course.simulator.tool)
    path = disk.make_directory(course.out / SAMPLES) / f"{arm}-{key[:16]}.jsonl"
    done = _whole_samples(path)
    counts = Counter(sample.problem_id for sample in done)
    missing = [one for one in suite.problems if counts[one.id] < sampling.samples]
    have = {(sample.problem_id, sample.index) for sample in done}
    prompts = [Prompt(id=one.id, text=one.spec) for one in missing]
    with path.open("ab") as file:
        completions = (
            one for one in generator.generate(prompts, sampling) if (one.prompt_id, one.index) not in have
        )
        done += _judged(completions, course, file)
    _finish(path, done)
    return _scorecard(arm, generator.tool, done, course)


def _whole_samples(path: Path) -> list[Sample]:
    """The samples an interrupted run left, minus a last line that was cut short."""
    adapter = TypeAdapter(Sample)
    samples: list[Sample] = []
    if path.exists():
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(ValidationError):
                samples.append(adapter.validate_json(line))
        disk.write_lines(path, iter(samples))
    return samples


def _finish(path: Path, samples: Sequence[Sample]) -> None:
    """The whole file in problem order, so that an interrupted run leaves the same bytes as an undisturbed one."""
    ordered = sorted(samples, key=lambda one: (one.problem_id, one.index))
    disk.write_lines(path, iter(ordered))


def _judged(completions: Iterator[Completion], course: Course, file: IO[bytes]) -> Iterator[Sample]:
    """Samples in the order their completions came, each written before it is yielded."""
    problems = {problem.id: problem for problem in course.suite.problems}
    drawn: deque[tuple[Completion, str]] = deque()

    def designs() -> Iterator[Design]:
        for completion in completions:
            problem = problems[completion.prompt_id]
            rtl = find_rtl(completion.text)
            drawn.append((completion, rtl))
            yield Design(rtl=rtl or "// no module in the answer\n", testbench=problem.testbench)

    for verdict in check_all(course.simulator, designs(), course.workers):
        completion, rtl = drawn.popleft()
        sample = Sample(
            problem_id=completion.prompt_id,
            index=completion.index,
            text=completion.text,
            rtl=rtl,
            finished=completion.finished,
            tokens=completion.tokens,
            verdict=verdict if rtl else _no_module(verdict),
        )
        file.write(sample.model_dump_json().encode() + b"\n")
        file.flush()
        yield sample


def _no_module(verdict: Verdict) -> Verdict:
    """The verdict on an answer without RTL: never a pass, whatever the testbench says of nothing."""
    return verdict.model_copy(update={"outcome": Outcome.COMPILE_ERROR, "detail": "no module in the answer"})


def _scorecard(arm: Arm, model: Tool, samples: Sequence[Sample], course: Course) -> Scorecard:
    """Add *samples* up; *model* is the generator's tool."""
    suite, gate, sampling = course.suite, course.gate, sampling_of(course.settings)
    passes = dict.fromkeys((problem.id for problem in suite.problems), 0)
    for sample in samples:
        passes[sample.problem_id] += sample.verdict.passed
    k, total = sampling.samples, sampling.samples * len(passes)
    how = Resampling(gate.confidence, gate.bootstrap, gate.seed)
    groups: dict[str, list[int]] = {}
    for problem in suite.problems:
        groups.setdefault(problem.category, []).append(passes[problem.id])
    outcomes = Counter(one.verdict.outcome.value if one.rtl else NO_MODULE for one in samples)
    compiled = total - outcomes[NO_MODULE] - outcomes[Outcome.COMPILE_ERROR.value]
    return Scorecard(
        arm=arm,
        model=model.detail or model.name,
        model_digest=digest(model),
        suite=suite.name,
        suite_digest=suite.digest,
        sampling=sampling,
        tools=(course.simulator.tool, Tool(name=model.name, version=model.version)),
        functional=estimate(list(passes.values()), k, how),
        pass_at_k={
            str(n): _mean([pass_at_k(k, c, n) for c in passes.values()]) for n in (1, 5, 10) if n <= k
        },
        categories={name: estimate(counts, k, how) for name, counts in sorted(groups.items())},
        outcomes=dict(sorted(outcomes.items())),
        compile_rate=compiled / total if total else 0.0,
        finished_rate=sum(one.finished for one in samples) / total if total else 0.0,
        passes=passes,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
