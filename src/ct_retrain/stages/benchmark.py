"""Measures the arms on the same problems, seeds and tools in the same night, and applies the gate.

Samples are appended as they come, so an interrupted benchmark continues where it stopped and ends with the same
samples: each depends only on (seed, problem, index). Samples of an earlier night are reused if everything they depend
on is equal.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from ct_retrain import disk
from ct_retrain.core.configuration.settings import BenchmarkSettings, GateSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Generator, Generators, Rendering, Simulator
from ct_retrain.core.progress import paced
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.records.arm import Arm, ArmId
from ct_retrain.core.records.decision import Decision
from ct_retrain.core.records.night import BenchmarkFacts
from ct_retrain.core.records.problem import (
    Completion,
    Problem,
    Prompt,
    Sample,
    Sampling,
    Scorecard,
    Suite,
)
from ct_retrain.core.records.verdict import Design
from ct_retrain.core.rules.contenders import decide_arms
from ct_retrain.core.rules.forgetting import flips, forgotten
from ct_retrain.core.rules.interim_looks import Look, clear, looks
from ct_retrain.core.rules.scoring import EvalSpec, scorecard
from ct_retrain.core.workspace import SAMPLES
from ct_retrain.judge.fanout import check_all
from ct_retrain.stages._samples import put_in_stock, sample_of, take_from_stock, whole_samples, write_in_order
from ct_retrain.suites.answer import NO_MODULE, rtl_of
from ct_retrain.suites.health import aids_of, health

LEDGER = "flips.jsonl"
QUARANTINED = "quarantined.jsonl"
"""File of the problems that no arm is asked, each with its reason."""


class BenchmarkInputs(NamedTuple):
    """Inputs of a benchmark."""

    suite: Suite
    arms: tuple[Arm, ...]
    """In the order in which they are loaded."""
    settings: BenchmarkSettings
    gate: GateSettings
    min_delta: float
    workers: int
    stock: Path | None
    """Directory with samples of earlier nights."""
    releases: Mapping[str, Scorecard]
    """Name of each release → its scorecard when it was made."""


def benchmark(
    out: Path, inputs: BenchmarkInputs, generators: Generators, simulator: Simulator
) -> BenchmarkFacts:
    """Fill *out* with every arm's samples; return scorecards and decision.

    A problem that fails its health check tonight is left out for all arms, by name. An adapter that does not load is
    rejected without a question asked; where none of tonight's loads, nobody is asked anything.
    """
    refused = _refused(inputs.arms, generators)
    arms = tuple(arm for arm in inputs.arms if arm.name not in refused)
    if not any(arm.role.contends for arm in arms):
        decision = decide_arms((), inputs.gate, inputs.min_delta, refused)
        return BenchmarkFacts(scorecards=(), quarantined=(), decision=decision)
    aids = aids_of(simulator, second=inputs.settings.second_simulator)
    found = health(inputs.suite, simulator, inputs.workers, aids)
    disk.write_lines(disk.make_directory(out) / QUARANTINED, iter(found.quarantined))
    eval_spec = EvalSpec(found.suite, sampling_of(inputs.settings), inputs.gate, simulator.tool)
    eval_run = EvalRun(out, eval_spec, simulator, inputs.workers, inputs.stock)
    opened = _Opened(arms, refused, generators)
    first, *more = looks(inputs.settings, inputs.gate)
    cards, decision = _looked(eval_run, first, inputs, opened)
    for look in more:
        if clear(decision):
            break
        cards, decision = _looked(eval_run, look, inputs, opened)
    disk.write_lines(out / "scorecards.jsonl", iter(cards))
    facts = BenchmarkFacts(scorecards=cards, quarantined=found.names, decision=decision)
    ledger = list(flips(facts.decided, inputs.releases)) if facts.decided else []
    disk.write_lines(out / LEDGER, iter(ledger))
    return facts.model_copy(update={"forgotten": forgotten(ledger)})


class _Opened(NamedTuple):
    """The arms that load, and why the others do not."""

    arms: tuple[Arm, ...]
    refused: Mapping[ArmId, str]
    generators: Generators


def _looked(
    eval_run: "EvalRun", look: Look, inputs: BenchmarkInputs, opened: _Opened
) -> tuple[tuple[Scorecard, ...], Decision]:
    sampling = sampling_of(inputs.settings, look.samples)
    on = eval_run._replace(eval_spec=eval_run.eval_spec._replace(sampling=sampling, gate=look.gate))
    cards = tuple(measure(on, arm.name, opened.generators.open(arm.adapter)) for arm in opened.arms)
    return cards, decide_arms(cards, look.gate, inputs.min_delta, opened.refused)


def _refused(arms: Sequence[Arm], generators: Generators) -> dict[ArmId, str]:
    """The arms that contend and whose adapter is of no use, each with the reason.

    It is the adapter's fault only where every incumbent opens and the adapter fails before and after them; raise
    ToolError where an incumbent fails, for then nothing is known of the adapter.
    """
    failing = [arm for arm in arms if arm.role.contends and _fault(arm, generators)]
    if not failing:
        return {}
    for arm in arms:
        if not arm.role.contends:
            generators.open(arm.adapter)
    return {arm.name: why for arm in failing if (why := _fault(arm, generators))}


def _fault(arm: Arm, generators: Generators) -> str:
    """Why the adapter of *arm* does not open; empty if it does."""
    try:
        generators.open(arm.adapter)
    except ToolError as error:
        return str(error) or type(error).__name__
    return ""


def sampling_of(settings: BenchmarkSettings, samples: int = 0) -> Sampling:
    """Return the Sampling of *settings*, with *samples* answers per problem if that is not 0."""
    return Sampling(
        samples=samples or settings.samples,
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_new_tokens=settings.max_new_tokens,
        max_thinking_tokens=settings.max_thinking_tokens,
        seed=settings.seed,
    )


class EvalRun(NamedTuple):
    """A suite, how to sample and judge it, and where to store the samples."""

    out: Path
    """Directory that gets the samples, in `samples/`."""
    eval_spec: EvalSpec
    simulator: Simulator
    workers: int
    stock: Path | None = None


def measure(eval_run: EvalRun, arm: ArmId, generator: Generator) -> Scorecard:
    """Add up what `answers` draws."""
    return scorecard(eval_run.eval_spec, arm, generator.tool, judged_answers(eval_run, arm, generator))


def judged_answers(eval_run: EvalRun, arm: ArmId, generator: Generator) -> list[Sample]:
    """Draw and judge the answers of one arm into `samples/<arm>-<key>.jsonl`; what is there already is kept."""
    suite, sampling = eval_run.eval_spec.suite, eval_run.eval_spec.sampling
    drawn_from = sampling.model_dump(exclude={"samples"})
    key = digest(suite, drawn_from, generator.tool, _read(suite, generator), eval_run.simulator.tool)
    path = disk.make_directory(eval_run.out / SAMPLES) / f"{arm}-{key[:16]}.jsonl"
    take_from_stock(eval_run.stock, key, path)
    found = whole_samples(path)
    done = {(one.problem_id, one.index): one for one in found if one.index < sampling.samples}
    prompts = [prompt for problem in suite.problems for prompt in _missing(problem, sampling, done)]
    with path.open("ab") as file:
        completions = (
            one for one in generator.generate(prompts, sampling) if (one.prompt_id, one.index) not in done
        )
        wanted = len(suite.problems) * sampling.samples - len(done)
        new = list(paced(_judged(completions, eval_run, file), f"benchmark: {arm}", wanted))
    if new:
        write_in_order(path, [*found, *new])
    put_in_stock(eval_run.stock, key, path)
    return [*done.values(), *new]


def _read(suite: Suite, generator: Generator) -> str:
    """Return a digest of what the model reads for *suite*; "" if that is the unchanged questions."""
    if not isinstance(generator, Rendering):
        return ""
    return generator.reads([Prompt(id=problem.id, text=problem.question) for problem in suite.problems])


class ReplayGenerator:
    """A Generator that returns samples already drawn, so that another rule can judge them."""

    def __init__(self, samples: Sequence[Sample], tool: Tool) -> None:
        """Return *samples*, which *tool* drew."""
        self._samples, self.tool = samples, tool

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield the samples of *prompts* that are wanted."""
        first = {prompt.id: prompt.first for prompt in prompts}
        for one in self._samples:
            if first.get(one.problem_id, sampling.samples) <= one.index < sampling.samples:
                yield Completion(
                    prompt_id=one.problem_id,
                    index=one.index,
                    text=one.text,
                    finished=one.finished,
                    tokens=one.tokens,
                )


def _missing(problem: Problem, sampling: Sampling, done: dict[tuple[str, int], Sample]) -> Iterator[Prompt]:
    first = next((index for index in range(sampling.samples) if (problem.id, index) not in done), None)
    if first is not None:
        yield Prompt(id=problem.id, text=problem.question, first=first)


def _judged(completions: Iterator[Completion], eval_run: EvalRun, file: IO[bytes]) -> Iterator[Sample]:
    """Yield samples in the order in which their completions come; each is written before it is yielded."""
    problems = {problem.id: problem for problem in eval_run.eval_spec.suite.problems}
    drawn: deque[tuple[Completion, str]] = deque()

    def designs() -> Iterator[Design]:
        for completion in completions:
            problem = problems[completion.prompt_id]
            rtl = rtl_of(problem, completion.text)
            drawn.append((completion, rtl))
            yield problem.design(rtl or NO_MODULE)

    for verdict in check_all(eval_run.simulator, designs(), eval_run.workers):
        completion, rtl = drawn.popleft()
        sample = sample_of(completion, rtl, verdict)
        file.write(sample.model_dump_json().encode() + b"\n")
        file.flush()
        yield sample
