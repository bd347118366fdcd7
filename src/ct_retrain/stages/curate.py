"""Turns traces into a dataset: examples re-simulated tonight, one per spec, no duplicates, no benchmark problems.

Its testbench must detect wrong designs; otherwise its pass proves nothing. The dataset accumulates: examples of the
previous night are carried over, and a newer run of the same spec replaces one if it passes tonight. Everything left
out is in `rejected.jsonl` with its reason.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.configuration.settings import CurateSettings
from ct_retrain.core.ports import Simulator
from ct_retrain.core.progress import paced
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import Example, ExampleMetadata, Preference, Trace
from ct_retrain.core.records.night import CurateFacts
from ct_retrain.core.records.verdict import Verdict
from ct_retrain.decontamination.protection import Protection
from ct_retrain.judge.evidence.cocotb import wanted
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.reading.reproduction import Likeness
from ct_retrain.stages._artefact_store import TRACES, ArtefactStore
from ct_retrain.stages._credibility import Appraiser, Asking, credible
from ct_retrain.stages._decontamination import harvested
from ct_retrain.stages._formal import Formal, FormalInputs, Rivals, counted, with_signals
from ct_retrain.stages._inputs import (
    Refuse,
    Source,
    TraceTexts,
    trace_refusal,
)
from ct_retrain.stages._preferences import Wanted, preferences
from ct_retrain.stages._repairs import Attempts, failures, repair
from ct_retrain.stages._selection import Selection, select, spec_of
from ct_retrain.stages._size_limit import most_valuable
from ct_retrain.stages._transcripts import Transcripts
from ct_retrain.verilog.category import category_of
from ct_retrain.verilog.modules import modules

__all__ = [
    "DATASET",
    "FORMAL",
    "PREFERENCES",
    "REJECTED",
    "REPAIRS",
    "Appraiser",
    "CurateInputs",
    "Formal",
    "curate",
]

DATASET = "dataset.jsonl"
REPAIRS = "repairs.jsonl"
PREFERENCES = "preferences.jsonl"
REJECTED = "rejected.jsonl"
FORMAL = "formal.jsonl"


class CurateInputs(NamedTuple):
    """Inputs of a curation."""

    night: str
    collected: Path
    """Tonight's collect directory."""
    previous: Path | None
    """The last night's curate directory."""
    protection: Protection
    """Suites whose problems must not become examples, carried ones included."""
    settings: CurateSettings
    max_records: int
    workers: int


class _Judges(NamedTuple):
    """Tools that judge designs and testbenches."""

    simulator: Simulator
    appraiser: Appraiser
    formal: Formal | None


def curate(
    out: Path,
    inputs: CurateInputs,
    simulator: Simulator,
    appraiser: Appraiser,
    formal: Formal | None = None,
) -> CurateFacts:
    """Fill *out* with `dataset.jsonl`, `repairs.jsonl`, `preferences.jsonl`, `rejected.jsonl` and `formal.jsonl`.

    The last one holds the proofs, and the texts they are about.
    """
    asked = formal if inputs.settings.formal_seconds else None
    with ArtefactStore(inputs.collected) as artefacts:
        return _curate(out, inputs, artefacts, _Judges(simulator, appraiser, asked))


def _curate(out: Path, inputs: CurateInputs, artefacts: ArtefactStore, judges: _Judges) -> CurateFacts:
    simulator = judges.simulator
    rejected: list[Rejected] = []
    refuse = rejected.append
    settings = inputs.settings
    traces = list(disk.read_lines(inputs.collected / TRACES, Trace))
    comparer = inputs.protection.comparer()
    transcripts = Transcripts(artefacts)
    asking = Asking(judges.appraiser, settings)
    carried = harvested((), _previous(inputs, DATASET), comparer, refuse).carried

    def judged(sources: Sequence[Source]) -> Iterator[tuple[Source, Example]]:
        own = harvested(sources, (), comparer, refuse).sources
        simulated = list(_simulated(own, inputs, simulator, transcripts, refuse))
        return credible(simulated, asking, settings, inputs.workers, refuse)

    reading = TraceTexts(artefacts, settings.max_rtl_bytes)
    held = {example.metadata.canonical: spec_of(example) for example in carried}
    passed = select(traces, Selection(reading, held, judged, refuse))
    kept = most_valuable(_merged(carried, passed), inputs.max_records, refuse)
    current = {_identity(example) for example in kept}
    proofs = FormalInputs(Rivals(traces, carried, reading), simulator, settings.formal_seconds)
    new = [(source, example) for source, example in passed if _identity(example) in current]
    pairs, evidence = with_signals(new, proofs, judges.formal)
    marked = {_identity(example): example for _, example in pairs}
    kept = [marked.get(_identity(example), example) for example in kept]
    still = {_identity(example) for example in kept if example.metadata.night != inputs.night}
    attempts = Attempts(artefacts, settings.max_repairs, inputs.workers)
    failed = list(failures(pairs, attempts, simulator))
    repaired = [*_carried_repairs(inputs, still), *map(repair, failed)]
    wanted = Wanted(settings.preferences, inputs.night, inputs.workers)
    preferred = [*_carried_preferences(inputs, still), *preferences(pairs, failed, wanted, simulator)]
    disk.write_lines(out / DATASET, iter(kept))
    disk.write_lines(out / REPAIRS, iter(repaired))
    disk.write_lines(out / PREFERENCES, iter(preferred))
    disk.write_lines(out / REJECTED, iter(rejected))
    disk.write_lines(out / FORMAL, iter(evidence))
    known = {_identity(example) for example in carried}
    return CurateFacts(
        traces=len(traces),
        carried=sum(_identity(example) in known for example in kept),
        new=sum(_identity(example) not in known for example in kept),
        examples=len(kept),
        repairs=len(repaired),
        preferences=len(preferred),
        rejected=dict(sorted(Counter(one.reason for one in rejected).items())),
        categories=dict(sorted(Counter(example.metadata.category for example in kept).items())),
        dataset_sha256=disk.sha256_of(out / DATASET),
        transcripts=transcripts.counts,
        unasked=asking.unasked,
        formal=counted(example.metadata.formal for _, example in pairs) if judges.formal else {},
    )


def _previous(inputs: CurateInputs, name: str) -> list[Example]:
    return list(disk.read_lines(inputs.previous / name, Example)) if inputs.previous else []


def _identity(example: Example) -> tuple[str, str]:
    return example.metadata.spec_hash, example.metadata.canonical


def _simulated(
    sources: Sequence[Source], inputs: CurateInputs, simulator: Simulator, alike: Transcripts, refuse: Refuse
) -> Iterator[tuple[Source, Example]]:
    """Yield the sources that pass the judge tonight, with few enough warnings, and agree with their transcript."""
    designs = (one.design() for one in sources)
    verdicts = paced(check_all(simulator, designs, inputs.workers), "curate: simulations", len(sources))
    for source, verdict in zip(sources, verdicts, strict=True):
        if not verdict.passed:
            refuse(trace_refusal(source.trace, verdict.outcome.value, source.told(verdict.detail)))
        elif verdict.warnings > inputs.settings.max_warnings:
            detail = f"{verdict.warnings} compiler warnings, {inputs.settings.max_warnings} allowed"
            refuse(trace_refusal(source.trace, "warnings", detail))
        elif (beside := alike(source, verdict)).likeness is Likeness.CONTRADICTION:
            refuse(trace_refusal(source.trace, beside.likeness.value, beside.detail))
        else:
            yield source, _example(source, verdict, inputs.night)


def _example(source: Source, verdict: Verdict, night: str) -> Example:
    trace = source.trace
    needed = wanted(source.testbench)
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
            top=next((name for name in needed if name in own), own[-1]),
            rtl_sha256=trace.rtl.sha256,
            testbench_sha256=trace.testbench.sha256,
            canonical=source.canonical,
            checks=verdict.checks,
            warnings=verdict.warnings,
            attempts=len(trace.attempts),
            simulator=verdict.tool,
        ),
    )


def _merged(carried: Sequence[Example], passed: Sequence[tuple[Source, Example]]) -> list[Example]:
    """Return the carried examples, each replaced by tonight's of the same specification, then the other new ones."""
    fresh = {spec_of(example): example for _, example in passed}
    replaced = [fresh.pop(spec_of(old), old) for old in carried]
    return [*replaced, *fresh.values()]


def _carried_repairs(inputs: CurateInputs, current: set[tuple[str, str]]) -> list[Example]:
    """Return the repairs of earlier nights whose example is among *current*."""
    return [repair for repair in _previous(inputs, REPAIRS) if _identity(repair) in current]


def _carried_preferences(inputs: CurateInputs, current: set[tuple[str, str]]) -> list[Preference]:
    """Return the preferences of earlier nights whose example is among *current*; older nights have no such file."""
    path = inputs.previous / PREFERENCES if inputs.previous else None
    if path is None or not path.is_file() or not inputs.settings.preferences:
        return []
    found = disk.read_lines(path, Preference)
    return [one for one in found if (one.spec_hash, one.canonical) in current]
