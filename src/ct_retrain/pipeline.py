"""The reference RTL pipeline: spec → RTL → lint → testbench → simulation → repair → trace.

It is small on purpose. It shows what a pipeline must write for ct-retrain (three lines of `TraceWriter`),
closes the loop by using `latest_nightly`, and produces the demo's traces, passing and failing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.ports import Generator, Simulator
from ct_retrain.core.record import Record, digest
from ct_retrain.core.records.problem import Prompt, Sampling
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.core.rules.prompts import repair_prompt
from ct_retrain.judge.fanout import check_all
from ct_retrain.suites.answer import NO_MODULE
from ct_retrain.trace import TraceWriter
from ct_retrain.verilog.extract import find_rtl
from ct_retrain.verilog.modules import instantiated, modules

SOURCE = "ct-retrain pipeline"


class Plan(Record):
    """A plan for the deterministic planner: a family of its library, and a seed."""

    family: str
    seed: int


class Spec(Record):
    """A specification to be written as RTL, with its testbench."""

    id: str
    description: str
    testbench: str
    category: str | None = None
    plan: Plan | None = None


class Tools(NamedTuple):
    """What the pipeline writes and simulates with."""

    writers: Sequence[Generator]
    """One generator per round: the first writes every spec, each next one those that still fail."""
    simulator: Simulator
    sampling: Sampling
    workers: int


class SpecResult(NamedTuple):
    """Result of one spec."""

    spec: str
    run_id: str
    passed: bool
    attempts: int
    writer: str
    """The writer that passed; empty if none did."""


class _Job(NamedTuple):
    """A spec in progress: its trace, and the prompt of its next attempt."""

    spec: Spec
    directory: Path
    trace: TraceWriter
    prompt: str


def load_specs(path: Path) -> list[Spec]:
    """Load specs from a JSONL file, or from every `*.json` of a directory; raise UsageError with file and
    line.
    """
    if path.is_dir():
        texts = [(str(file), file.read_bytes()) for file in sorted(path.glob("*.json"))]
    elif path.is_file():
        lines = path.read_bytes().splitlines()
        texts = [(f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    else:
        message = f"{path} is neither a JSONL file of specs nor a directory of them"
        raise UsageError(message)
    return [_spec(where, text) for where, text in texts]


def _spec(where: str, text: bytes) -> Spec:
    try:
        return TypeAdapter(Spec).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = f"{where}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise UsageError(message) from error


def run_pipeline(specs: Sequence[Spec], runs: Path, prefix: str, tools: Tools) -> list[SpecResult]:
    """Write, simulate and trace every spec in a run directory of its own, `<prefix>-<spec id>` in *runs*."""
    waiting = [_start(spec, runs, prefix) for spec in specs]
    results: list[SpecResult] = []
    for attempt, writer in enumerate(tools.writers, 1):
        if not waiting:
            break
        tried = _round(waiting, writer, attempt, tools)
        for job, passed in tried:
            if passed:
                job.trace.stage("Report", status="pass", attempts=attempt)
                results.append(SpecResult(job.spec.id, job.directory.name, True, attempt, writer.tool.name))  # noqa: FBT003
        waiting = [job for job, passed in tried if not passed]
    for job in waiting:
        job.trace.stage("Report", status="fail", attempts=len(tools.writers))
        results.append(SpecResult(job.spec.id, job.directory.name, False, len(tools.writers), ""))  # noqa: FBT003
    return results


def _start(spec: Spec, runs: Path, prefix: str) -> _Job:
    directory = disk.make_directory(runs / f"{prefix}-{spec.id}")
    disk.write_scratch(directory / "spec.txt", spec.description)
    trace = TraceWriter(directory, source=SOURCE)
    trace.stage("Spec", status="pass", spec_hash=digest(spec.description), spec_path="spec.txt")
    return _Job(spec, directory, trace, spec.description)


def _round(jobs: Sequence[_Job], writer: Generator, attempt: int, tools: Tools) -> list[tuple[_Job, bool]]:
    """Make one attempt at every job; return each and whether it passed, failed ones with their next prompt."""
    prompts = [Prompt(id=job.spec.id, text=job.prompt) for job in jobs]
    sampling = tools.sampling.model_copy(update={"samples": 1})
    tops = {job.spec.id: _top(job.spec) for job in jobs}
    written = writer.generate(prompts, sampling)
    answers = {one.prompt_id: find_rtl(one.text, tops[one.prompt_id]) for one in written}
    designs = [_written(job, answers[job.spec.id], writer, attempt) for job in jobs]
    verdicts = check_all(tools.simulator, iter(designs), tools.workers)
    done: list[tuple[_Job, bool]] = []
    for job, design, verdict in zip(jobs, designs, verdicts, strict=True):
        _simulated(job, verdict, writer, attempt)
        prompt = repair_prompt(job.spec.description, design.rtl, verdict)
        done.append((job._replace(prompt=prompt), verdict.passed and bool(answers[job.spec.id])))
    return done


def _top(spec: Spec) -> str:
    """Return the module that the spec's testbench needs; "" if it needs several or none."""
    wanted = instantiated(spec.testbench)
    return wanted[0] if len(wanted) == 1 else ""


def _written(job: _Job, rtl: str, writer: Generator, attempt: int) -> Design:
    """Trace the generated RTL, its lint result, and the testbench; return the design to simulate."""
    if attempt > 1:
        job.trace.stage("Remediation", status="pass", attempt=attempt, writer=writer.tool.name)
    place = disk.make_directory(job.directory / f"attempt_{attempt}")
    disk.write_scratch(place / "rtl.v", rtl)
    disk.write_scratch(place / "tb.v", job.spec.testbench)
    name = f"attempt_{attempt}"
    job.trace.stage(
        "Generate", status="pass" if rtl else "fail", rtl_file=f"{name}/rtl.v", generator=writer.tool.name
    )
    job.trace.stage("Lint", status="pass" if modules(rtl) else "fail", rtl_file=f"{name}/rtl.v")
    job.trace.stage("Testbench", status="pass", testbench_file=f"{name}/tb.v")
    return Design(rtl=rtl or NO_MODULE, testbench=job.spec.testbench)


def _simulated(job: _Job, verdict: Verdict, writer: Generator, attempt: int) -> None:
    """Trace a simulation."""
    name = f"attempt_{attempt}"
    disk.write_scratch(job.directory / name / "compile.log", verdict.detail + "\n")
    disk.write_scratch(job.directory / name / "simulation.log", verdict.log)
    job.trace.stage(
        "Simulation",
        status="pass" if verdict.passed else "fail",
        outcome=verdict.outcome.value,
        spec_hash=digest(job.spec.description),
        spec_path="spec.txt",
        rtl_file=f"{name}/rtl.v",
        testbench_file=f"{name}/tb.v",
        simulation_compile_log=f"{name}/compile.log",
        simulation_log=f"{name}/simulation.log",
        category=job.spec.category,
        generator=writer.tool.name,
    )
