"""From traces to a dataset: every example re-simulated tonight, one per spec, none twice, none of the benchmark.

The dataset accumulates: what the previous night kept is carried over, and a newer passing run of the same
spec replaces it. Whatever is left out is in `rejected.jsonl` with its reason.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.dataset import Artefact, Example, ExampleMetadata, Trace
from ct_retrain.core.night import CurateFacts
from ct_retrain.core.ports import Simulator
from ct_retrain.core.prompts import repair_prompt
from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.settings import CurateSettings
from ct_retrain.core.verdict import Design, Verdict
from ct_retrain.judge.fanout import check_all
from ct_retrain.stages._keep import most_valuable
from ct_retrain.trace import instruction_of
from ct_retrain.verilog.category import category_of
from ct_retrain.verilog.fingerprint import canonical
from ct_retrain.verilog.modules import instantiated, modules

DATASET = "dataset.jsonl"
REPAIRS = "repairs.jsonl"
REJECTED = "rejected.jsonl"


class CurateInputs(NamedTuple):
    """What one curation works from."""

    night: str
    collected: Path
    """Tonight's collect directory."""
    previous: Path | None
    """The last night's curate directory."""
    protected: frozenset[str]
    """Digests of benchmark specs and goldens (`fingerprints`): training on them is refused."""
    settings: CurateSettings
    max_records: int
    workers: int


class _Sources(NamedTuple):
    """A trace with its texts read and checked."""

    trace: Trace
    instruction: str
    rtl: str
    testbench: str


def fingerprints(spec: str, rtl: str) -> frozenset[str]:
    """What identifies a problem for decontamination: its words, and its design up to inner names."""
    return frozenset({digest(" ".join(spec.lower().split())), canonical(rtl)})


def curate(out: Path, inputs: CurateInputs, simulator: Simulator) -> CurateFacts:
    """Fill *out* with `dataset.jsonl`, `repairs.jsonl` and `rejected.jsonl`."""
    rejected: list[Rejected] = []
    refuse = rejected.append
    traces = list(disk.read_lines(inputs.collected / "traces.jsonl", Trace))
    carried = _previous(inputs, DATASET)
    latest = _latest(traces, refuse)
    sources = list(_readable(latest, inputs, refuse))
    passed = list(_simulated(sources, inputs, simulator, refuse))
    examples = _merged(carried, passed, refuse)
    kept = most_valuable(examples, inputs.max_records, refuse)
    repairs = [*_carried_repairs(inputs, kept), *_repairs(passed, kept, inputs, simulator)]
    disk.write_lines(out / DATASET, iter(kept))
    disk.write_lines(out / REPAIRS, iter(repairs))
    disk.write_lines(out / REJECTED, iter(rejected))
    known = {_identity(example) for example in carried}
    return CurateFacts(
        traces=len(traces),
        carried=sum(_identity(example) in known for example in kept),
        new=sum(_identity(example) not in known for example in kept),
        examples=len(kept),
        repairs=len(repairs),
        rejected=dict(sorted(Counter(one.reason for one in rejected).items())),
        categories=dict(sorted(Counter(example.metadata.category for example in kept).items())),
        dataset_sha256=disk.sha256_of(out / DATASET),
    )


def _previous(inputs: CurateInputs, name: str) -> list[Example]:
    return list(disk.read_lines(inputs.previous / name, Example)) if inputs.previous else []


def _identity(example: Example) -> tuple[str, str]:
    return example.metadata.spec_hash, example.metadata.canonical


def _latest(traces: Sequence[Trace], refuse: Callable[[Rejected], None]) -> list[Trace]:
    """The latest run of every spec; ties go to the greater run id, then line."""
    best: dict[str, Trace] = {}
    for trace in sorted(traces, key=lambda one: (one.generated_at, one.run_id, one.line)):
        older = best.get(trace.spec_hash)
        if older is not None:
            refuse(
                _refusal(older, "superseded", f"{trace.run_id}:{trace.line} is a later run of the same spec")
            )
        best[trace.spec_hash] = trace
    return sorted(best.values(), key=lambda one: (one.run_id, one.line))


def _refusal(trace: Trace, reason: str, detail: str) -> Rejected:
    return Rejected(subject=f"{trace.run_id}:{trace.line}", reason=reason, detail=detail)


def _readable(
    traces: Sequence[Trace], inputs: CurateInputs, refuse: Callable[[Rejected], None]
) -> Iterator[_Sources]:
    """Integrity: the artefacts hold what was collected, and are what they claim to be."""
    for trace in traces:
        try:
            rtl = _text(inputs.collected, trace.rtl)
            testbench = _text(inputs.collected, trace.testbench)
            instruction = instruction_of(_text(inputs.collected, trace.spec))
        except (OSError, ValueError) as error:
            refuse(_refusal(trace, "integrity", str(error)))
            continue
        if not instruction.strip():
            refuse(_refusal(trace, "no_instruction", "the spec says nothing"))
        elif len(rtl.encode()) > inputs.settings.max_rtl_bytes:
            refuse(_refusal(trace, "too_large", f"{len(rtl.encode())} bytes of RTL"))
        elif not modules(rtl):
            refuse(_refusal(trace, "no_module", "the RTL holds no module"))
        elif fingerprints(instruction, rtl) & inputs.protected:
            refuse(
                _refusal(trace, "contaminated", "a problem of the benchmark: the gate would be blind to it")
            )
        else:
            yield _Sources(trace, instruction, rtl, testbench)


def _text(root: Path, artefact: Artefact) -> str:
    """The artefact's text; raise ValueError when its bytes changed or are not UTF-8."""
    path = root / "artefacts" / artefact.sha256[:2] / artefact.sha256
    if disk.sha256_of(path) != artefact.sha256:
        message = f"{artefact.name} no longer holds the bytes that were collected"
        raise ValueError(message)
    return path.read_bytes().decode()


def _simulated(
    sources: Sequence[_Sources],
    inputs: CurateInputs,
    simulator: Simulator,
    refuse: Callable[[Rejected], None],
) -> Iterator[tuple[_Sources, Example]]:
    """Whatever passes the judge tonight, with few enough warnings."""
    designs = (Design(rtl=one.rtl, testbench=one.testbench) for one in sources)
    for source, verdict in zip(sources, check_all(simulator, designs, inputs.workers), strict=True):
        if not verdict.passed:
            refuse(_refusal(source.trace, verdict.outcome.value, verdict.detail))
        elif verdict.warnings > inputs.settings.max_warnings:
            detail = f"{verdict.warnings} compiler warnings, {inputs.settings.max_warnings} allowed"
            refuse(_refusal(source.trace, "warnings", detail))
        else:
            yield source, _example(source, verdict, inputs.night)


def _example(source: _Sources, verdict: Verdict, night: str) -> Example:
    trace = source.trace
    wanted = instantiated(source.testbench)
    own = [module.name for module in modules(source.rtl)]
    return Example(
        instruction=source.instruction,
        output=source.rtl,
        testbench=source.testbench,
        metadata=ExampleMetadata(
            source=trace.source,
            spec_hash=trace.spec_hash,
            category=trace.category or category_of(source.instruction),
            sim_passed=True,
            compile_success=True,
            run_id=trace.run_id,
            generated_at=trace.generated_at,
            night=night,
            generator=trace.generator,
            top=next((name for name in wanted if name in own), own[-1]),
            rtl_sha256=trace.rtl.sha256,
            testbench_sha256=trace.testbench.sha256,
            canonical=canonical(source.rtl),
            checks=verdict.checks,
            warnings=verdict.warnings,
            attempts=len(trace.attempts),
            simulator=verdict.tool,
        ),
    )


def _merged(
    carried: Sequence[Example],
    passed: Sequence[tuple[_Sources, Example]],
    refuse: Callable[[Rejected], None],
) -> list[Example]:
    """Carried examples first, tonight's over them; of two equal designs the one that was there first stays."""
    fresh = {example.metadata.spec_hash: example for _, example in passed}
    merged: list[Example] = []
    seen: dict[str, str] = {}
    replaced = {old.metadata.spec_hash: fresh.pop(old.metadata.spec_hash, old) for old in carried}
    for example in [*replaced.values(), *fresh.values()]:
        facts = example.metadata
        twin = seen.setdefault(facts.canonical, facts.spec_hash)
        if twin == facts.spec_hash:
            merged.append(example)
        else:
            refuse(Rejected(subject=facts.run_id, reason="duplicate", detail=f"same design as spec {twin}"))
    return merged


def _carried_repairs(inputs: CurateInputs, kept: Sequence[Example]) -> list[Example]:
    current = {_identity(example) for example in kept if example.metadata.night != inputs.night}
    return [repair for repair in _previous(inputs, REPAIRS) if _identity(repair) in current]


def _repairs(
    passed: Sequence[tuple[_Sources, Example]],
    kept: Sequence[Example],
    inputs: CurateInputs,
    simulator: Simulator,
) -> Iterator[Example]:
    """Failing attempt, its log and the passing answer; the attempt must really fail when we run it again."""
    current = {_identity(example) for example in kept}
    pairs = [
        (source, example, bad)
        for source, example in passed
        if _identity(example) in current
        for bad in _failed(source, inputs)
    ]
    designs = (Design(rtl=bad, testbench=source.testbench) for source, _, bad in pairs)
    for (source, example, bad), verdict in zip(
        pairs, check_all(simulator, designs, inputs.workers), strict=True
    ):
        if verdict.passed:
            continue
        facts = example.metadata.model_copy(update={"kind": "repair"})
        yield Example(
            instruction=repair_prompt(source.instruction, bad, verdict),
            output=example.output,
            testbench=example.testbench,
            metadata=facts,
        )


def _failed(source: _Sources, inputs: CurateInputs) -> Iterator[str]:
    for attempt in (
        source.trace.attempts[-inputs.settings.max_repairs :] if inputs.settings.max_repairs else ()
    ):
        try:
            bad = _text(inputs.collected, attempt.rtl)
        except (OSError, ValueError):
            continue
        if bad.strip() and bad != source.rtl:
            yield bad
