"""The reference RTL pipeline: spec → RTL → lint → testbench → simulation → remediation → trace.

It is small on purpose: it shows what a pipeline owes ct-retrain (three lines of `TraceWriter`), it closes the
loop by writing with `latest_nightly`, and it is where the demo's traces come from, passing and failing.
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
from ct_retrain.trace import TraceWriter
from ct_retrain.verilog.extract import find_rtl
from ct_retrain.verilog.modules import instantiated, modules

SOURCE = "ct-retrain pipeline"


class Plan(Record):
    """How the deterministic planner writes a spec: a family of its library and the seed that fixes the rest."""

    family: str
    seed: int


class Spec(Record):
    """A specification to be written as RTL, with the testbench that will judge it."""

    id: str
    description: str
    testbench: str
    category: str | None = None
    plan: Plan | None = None


class Tools(NamedTuple):
    """What the pipeline writes and simulates with."""

    writers: Sequence[Generator]
    """One a round: the first tries every spec, each next one what still fails."""
    simulator: Simulator
    sampling: Sampling
    workers: int


class SpecResult(NamedTuple):
    """How one spec ended."""

    spec: str
    run_id: str
    passed: bool
    attempts: int
    writer: str
    """Which writer passed, empty when none did."""


class _Job(NamedTuple):
    """A spec on its way: where its run is traced, and what its last attempt was told."""

    spec: Spec
    directory: Path
    trace: TraceWriter
    prompt: str


def load_specs(path: Path) -> list[Spec]:
    """Specs from a JSONL file, or from every `*.json` of a directory; raise UsageError naming file and line."""
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
    """Write, simulate and trace every spec in a run directory of its own, `<prefix>-<spec id>` below *runs*."""
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
    """One attempt at every job; a job comes back with the prompt of its next attempt."""
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
    """The module that the spec's testbench asks for; "" when it asks for several or none."""
    wanted = instantiated(spec.testbench)
    return wanted[0] if len(wanted) == 1 else ""


def _written(job: _Job, rtl: str, writer: Generator, attempt: int) -> Design:
    """Trace what was generated, its lint, and the testbench; return what is to be simulated."""
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
    return Design(rtl=rtl or "// no module in the answer\n", testbench=job.spec.testbench)


def _simulated(job: _Job, verdict: Verdict, writer: Generator, attempt: int) -> None:
    """Trace a simulation, as the draft's orchestrator does."""
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
