"""Turns traces into a dataset: examples re-simulated tonight, one per spec, no duplicates, no benchmark problems.

Its testbench must detect wrong designs; otherwise its pass proves nothing. The dataset accumulates: examples of the
previous night are carried over, and a newer run of the same spec replaces one if it passes tonight. Everything left
out is in `rejected.jsonl` with its reason.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.configuration.settings import CurateSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Simulator
from ct_retrain.core.progress import paced
from ct_retrain.core.records.dataset import Example, ExampleMetadata, Preference
from ct_retrain.core.records.night import CurateFacts
from ct_retrain.core.records.verdict import Verdict
from ct_retrain.core.workspace import REJECTED
from ct_retrain.decontamination.protection import Protection
from ct_retrain.judge.evidence.cocotb import wanted
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.reading.reproduction import TranscriptMatch
from ct_retrain.stages._artefact_store import TRACES, ArtefactStore
from ct_retrain.stages._carried import ExampleFacts, facts_of, spec_of
from ct_retrain.stages._credibility import Appraiser, BudgetedAppraiser, credible
from ct_retrain.stages._decontamination import harvested, still_clean
from ct_retrain.stages._formal import Formal, FormalInputs, OtherAnswers, counted, with_signals
from ct_retrain.stages._inputs import (
    Refuse,
    Source,
    TraceTexts,
    trace_refusal,
)
from ct_retrain.stages._preferences import PairOptions, preferences
from ct_retrain.stages._refusals import Refusals
from ct_retrain.stages._repairs import Attempts, repair, reproduced_failures
from ct_retrain.stages._selection import Selection, select, words_of
from ct_retrain.stages._size_limit import most_valuable
from ct_retrain.stages._trace_index import TraceIndex
from ct_retrain.stages._transcripts import Transcripts
from ct_retrain.verilog.category import category_of
from ct_retrain.verilog.modules import modules

__all__ = [
    "DATASET",
    "FORMAL",
    "PREFERENCES",
    "REPAIRS",
    "Appraiser",
    "CurateInputs",
    "Formal",
    "curate",
]

DATASET = "dataset.jsonl"
REPAIRS = "repairs.jsonl"
PREFERENCES = "preferences.jsonl"
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
    with ExitStack() as stack:
        artefacts = stack.enter_context(ArtefactStore(inputs.collected))
        traces = stack.enter_context(_indexed(inputs.collected / TRACES, artefacts))
        before = stack.enter_context(disk.RecordFile(_previous(inputs), Example))
        night = _Night(artefacts, traces, before, stack.enter_context(Refusals(out)))
        return _curate(out, inputs, night, _Judges(simulator, appraiser, asked))


def _previous(inputs: CurateInputs) -> Path:
    """Return the dataset of the night before; where there was none, a file without examples."""
    return inputs.previous / DATASET if inputs.previous else Path(os.devnull)


def _indexed(path: Path, artefacts: ArtefactStore) -> TraceIndex:
    try:
        return TraceIndex(path, partial(words_of, artefacts))
    except sqlite3.OperationalError as error:
        message = (
            f"cannot sort the traces of {path}: {error}; free space for temporary files, or set SQLITE_TMPDIR"
        )
        raise ToolError(message) from error


class _Night(NamedTuple):
    """What is read, and where what is refused goes."""

    artefacts: ArtefactStore
    traces: TraceIndex
    before: disk.RecordFile[Example]
    refuse: Refusals


def _curate(out: Path, inputs: CurateInputs, night: _Night, judges: _Judges) -> CurateFacts:
    simulator, settings = judges.simulator, inputs.settings
    artefacts, traces, before, refuse = night
    comparer = inputs.protection.comparer()
    transcripts = Transcripts(artefacts)
    asking = BudgetedAppraiser(judges.appraiser, settings)
    carried = still_clean(before, comparer, refuse)

    def judged(sources: Sequence[Source]) -> Iterator[tuple[Source, Example]]:
        own = harvested(sources, comparer, refuse)
        simulated = list(_simulated(own, inputs, simulator, transcripts, refuse))
        return credible(simulated, asking, settings, inputs.workers, refuse)

    reading = TraceTexts(artefacts, settings.max_rtl_bytes)
    passed = select(traces, Selection(reading, {one.canonical: one.spec for one in carried}, judged, refuse))
    kept = most_valuable(_merged(carried, passed), inputs.max_records, refuse)
    current = {one.identity for one in kept}
    new = [(source, example) for source, example in passed if _identity(example) in current]
    proofs = FormalInputs(OtherAnswers(traces, before, carried, reading), simulator, settings.formal_seconds)
    pairs, evidence = with_signals(new, proofs, judges.formal)
    kept = _marked(kept, pairs)
    still = {one.identity for one in kept if one.night != inputs.night}
    attempts = Attempts(artefacts, settings.max_repairs, inputs.workers)
    failed = list(reproduced_failures(pairs, attempts, simulator))
    wanted = PairOptions(settings.preferences, inputs.night, inputs.workers)
    preferred = list(preferences(pairs, failed, wanted, simulator))
    disk.write_lines(out / DATASET, (_whole(one, pairs, before) for one in kept))
    repaired = chain(_carried_repairs(inputs, still), map(repair, failed))
    repairs = disk.write_lines(out / REPAIRS, repaired)
    preferred_all = chain(_carried_preferences(inputs, still), preferred)
    preferences_kept = disk.write_lines(out / PREFERENCES, preferred_all)
    refuse.write(out / REJECTED)
    disk.write_lines(out / FORMAL, iter(evidence))
    known = {one.identity for one in carried}
    return CurateFacts(
        traces=traces.traces,
        carried=sum(one.identity in known for one in kept),
        new=sum(one.identity not in known for one in kept),
        examples=len(kept),
        repairs=repairs,
        preferences=preferences_kept,
        rejected=refuse.counts,
        categories=dict(sorted(Counter(one.category for one in kept).items())),
        dataset_sha256=disk.sha256_of(out / DATASET),
        transcripts=transcripts.counts,
        unasked=asking.unasked,
        formal=counted(example.metadata.formal for _, example in pairs) if judges.formal else {},
    )


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
        elif (beside := alike(source, verdict)).likeness is TranscriptMatch.CONTRADICTION:
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


def _merged(carried: Sequence[ExampleFacts], passed: Sequence[tuple[Source, Example]]) -> list[ExampleFacts]:
    """Return the carried examples, each replaced by tonight's of the same specification, then the other new ones."""
    fresh = {spec_of(example): facts_of(example, ~number) for number, (_, example) in enumerate(passed)}
    replaced = [fresh.pop(old.spec, old) for old in carried]
    return [*replaced, *fresh.values()]


def _marked(kept: Sequence[ExampleFacts], pairs: Sequence[tuple[Source, Example]]) -> list[ExampleFacts]:
    """Return *kept* with each example of *pairs* in place of the one with its identity."""
    places = {_identity(example): number for number, (_, example) in enumerate(pairs)}
    return [
        one if (number := places.get(one.identity)) is None else facts_of(pairs[number][1], ~number)
        for one in kept
    ]


def _whole(
    one: ExampleFacts, pairs: Sequence[tuple[Source, Example]], before: disk.RecordFile[Example]
) -> Example:
    return before.read(one.place) if one.place >= 0 else pairs[~one.place][1]


def _carried_repairs(inputs: CurateInputs, current: set[tuple[str, str]]) -> Iterator[Example]:
    """Return the repairs of earlier nights whose example is among *current*."""
    found = disk.read_lines(inputs.previous / REPAIRS, Example) if inputs.previous else iter(())
    return (repair for repair in found if _identity(repair) in current)


def _carried_preferences(inputs: CurateInputs, current: set[tuple[str, str]]) -> Iterator[Preference]:
    """Return the preferences of earlier nights whose example is among *current*; older nights have no such file."""
    path = inputs.previous / PREFERENCES if inputs.previous else None
    if path is None or not path.is_file() or not inputs.settings.preferences:
        return iter(())
    return (one for one in disk.read_lines(path, Preference) if (one.spec_hash, one.canonical) in current)
