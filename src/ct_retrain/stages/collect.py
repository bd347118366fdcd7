"""Reads the pipeline's runs into the night's traces: every simulation that passed, once, with its files.

The cut-off is fixed first. Called again on the same directory after a crash, collect reads exactly the same data,
whatever has been appended since. What cannot be used is in `rejected.jsonl`; what is still being written is left for
the next night. Memory is bounded by the longest line and the largest artefact, not by the number of runs. It uses one
process, because most of its time is spent in the kernel, opening small files.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ct_retrain import disk
from ct_retrain.core.configuration.settings import CollectSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.progress import paced
from ct_retrain.core.records.night import CollectFacts
from ct_retrain.core.workspace import REJECTED
from ct_retrain.stages._artefact_store import ARTEFACTS, TRACES, pack_files
from ct_retrain.stages._discovery import Walk
from ct_retrain.stages._ledger import LEDGER, Cutoff, Ledger, freeze
from ct_retrain.stages._run_reader import RunHarvest, harvest_runs
from ct_retrain.stages._scan import PENDING, ScanJob, ScanSite
from ct_retrain.trace import TraceFileRules

_BATCH = 64
"""Number of runs read between two writes."""


class CollectInputs(NamedTuple):
    """Inputs of a collection."""

    workspace: Path
    runs: Path
    """Directory of run directories; only read."""
    previous: Path | None
    """The last night's collect directory, whose ledger this night continues."""
    settings: CollectSettings
    cutoff: datetime
    """Start of the night; decides which lines are stale, and no trace counts as later."""
    never: tuple[str, ...] = ()
    """Directories of the workspace whose files no trace may name, whatever the settings share."""


def collect(out: Path, inputs: CollectInputs) -> CollectFacts:
    """Fill *out* with `traces.jsonl`, `rejected.jsonl`, the pack of artefacts and `ledger.sqlite`, durably.

    After a crash call it again with *out* unchanged: `ledger.sqlite` holds the cut-off.
    """
    try:
        _freeze(out, inputs)
        with Ledger(out / LEDGER) as ledger:
            return ledger.facts() or _finish(out, inputs, ledger)
    except (OSError, sqlite3.OperationalError) as error:
        message = f"cannot fill {out}: {error}; free space or fix permissions, then run again"
        raise ToolError(message) from error


def _finish(out: Path, inputs: CollectInputs, ledger: Ledger) -> CollectFacts:
    facts = _collect(out, inputs, ledger)
    disk.sync_tree(out)
    ledger.finish(facts)
    return facts


def _freeze(out: Path, inputs: CollectInputs) -> None:
    if (out / LEDGER).exists():
        return
    if not inputs.runs.is_dir():
        message = f"{inputs.runs} is not a directory: set paths.runs to where the pipeline leaves its runs"
        raise UsageError(message)
    previous = inputs.previous / LEDGER if inputs.previous else None
    walk = Walk(inputs.workspace.resolve(), inputs.runs.resolve())
    freeze(out / LEDGER, previous, walk, Cutoff(inputs.cutoff.timestamp(), inputs.settings.seal_days))


def _collect(out: Path, inputs: CollectInputs, ledger: Ledger) -> CollectFacts:
    frozen = ledger.frozen()
    disk.remove_tree(out / ARTEFACTS)  # from a version that kept one file per artefact
    site = _site(inputs, frozen.cutoff)
    tally = _Tally()
    with ExitStack() as stack:
        traces = stack.enter_context((out / TRACES).open("wb"))
        rejected = stack.enter_context((out / REJECTED).open("wb"))
        pack = stack.enter_context(disk.PackWriter(pack_files(out)))
        for batch in _batches(paced(ledger.jobs(), "collect: run files")):
            harvests = harvest_runs(batch, site, pack)
            ledger.settle(harvests)
            for one in harvests:
                _write(one, traces, rejected)
                tally.add(one)
        pack.finish()
    return tally.facts(frozen.runs)


def _site(inputs: CollectInputs, cutoff: float) -> ScanSite:
    workspace, runs = inputs.workspace.resolve(), inputs.runs.resolve()
    siblings = (str(runs.relative_to(workspace)),) if runs.is_relative_to(workspace) else ()
    rules = TraceFileRules((*siblings, *inputs.settings.shared), inputs.never)
    return ScanSite(workspace, runs, inputs.settings, cutoff, rules)


class _Tally:
    """Counts of the night."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()

    def add(self, one: RunHarvest) -> None:
        """Add *one* to the counts."""
        pending = one.position is not None and one.position.state == PENDING
        self._counts.update(
            read=int(one.lines > 0),
            lines=one.lines,
            collected=len(one.traces),
            pending=int(pending),
            bytes_copied=one.bytes_copied,
            passing=one.passing,
        )
        self._rejected.update(rejected.reason for rejected in one.rejected)

    def facts(self, runs: int) -> CollectFacts:
        """Return the counts so far; *runs* is the number of run directories seen."""
        counts = self._counts
        return CollectFacts(
            runs=runs,
            read=counts["read"],
            lines=counts["lines"],
            collected=counts["collected"],
            passing=counts["passing"],
            rejected=dict(sorted(self._rejected.items())),
            pending=counts["pending"],
            bytes_copied=counts["bytes_copied"],
        )


def _write(one: RunHarvest, traces: BinaryIO, rejected: BinaryIO) -> None:
    traces.writelines(one.traces)
    rejected.writelines(refused.model_dump_json().encode() + b"\n" for refused in one.rejected)


def _batches(jobs: Iterator[ScanJob]) -> Iterator[list[ScanJob]]:
    while batch := list(islice(jobs, _BATCH)):
        yield batch
