"""Reads what is new in one run: a function of the run's files and of the ledger's state for it."""

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Rejected
from ct_retrain.stages._artefacts import ArtefactReader, FailedAttempt
from ct_retrain.stages._scan import FoundTrace, Position, ScanJob, ScanSite, TraceScan
from ct_retrain.trace import FileRefusal, TraceFiles
from ct_retrain.trace.run_files import file_refusal


class RunHarvest(NamedTuple):
    """Result of reading one run."""

    sighting: FoundTrace
    position: Position | None
    """How far the file has been read; None if it could not be read tonight, and the next night tries again."""
    traces: Sequence[bytes]
    """Trace records as JSON, in order."""
    rejected: Sequence[Rejected]
    known: bytes
    """For the next `ScanJob`."""
    tried: Sequence[FailedAttempt]
    lines: int
    bytes_copied: int = 0
    passing: int = 0
    """Number of entries that look like passed simulations, used or not."""


def harvest_runs(jobs: Iterable[ScanJob], site: ScanSite, pack: disk.PackWriter) -> list[RunHarvest]:
    """Read *jobs* in order; store the files of passing simulations in *pack*."""
    try:
        return [_harvest_one(job, site, pack) for job in jobs]
    except OSError as error:
        message = f"cannot go on reading {site.runs}: {error.strerror}; check the disk and its mount, then run again"
        raise ToolError(message) from error


def settled(scan: TraceScan, sighting: FoundTrace, traces: Sequence[bytes], bytes_copied: int) -> RunHarvest:
    """Return the RunHarvest of a finished *scan*."""
    return RunHarvest(
        sighting=sighting,
        position=scan.position,
        traces=traces,
        rejected=[rejected for _, rejected in sorted(scan.rejected, key=lambda one: one[0])],
        known=scan.known,
        tried=scan.tried,
        lines=scan.lines,
        bytes_copied=bytes_copied,
        passing=scan.passing,
    )


def _harvest_one(job: ScanJob, site: ScanSite, pack: disk.PackWriter) -> RunHarvest:
    scan = TraceScan(job, site)
    before = pack.size
    traces = _gather(scan, site, pack, job.sighting.run)
    return settled(scan, job.sighting, traces, pack.size - before)


def _gather(scan: TraceScan, site: ScanSite, pack: disk.PackWriter, run: bytes) -> list[bytes]:
    """Store the files of every passing simulation; refuse those that cannot be stored."""
    passes = scan.passes()
    first = next(passes, None)
    if first is None:
        return []
    with ExitStack() as stack:
        try:
            reach = stack.enter_context(
                TraceFiles.of(site.workspace, _home(site.runs / os.fsdecode(run)), site.rules)
            )
        except OSError as error:
            scan.refuse(0, "vanished", f"its directory: {file_refusal(error, scan.run).detail}")
            return []
        gatherer = ArtefactReader(reach, pack, site.settings.max_artefact_bytes, site.latest)
        traces: list[bytes] = []
        for passing in chain([first], passes):
            found = gatherer.trace(scan.run, passing.entry, passing.tried)
            if isinstance(found, FileRefusal):
                scan.refuse(passing.entry.number, found.reason, found.detail)
            else:
                traces.append(found.model_dump_json().encode() + b"\n")
        return traces


def _home(run: Path) -> Path:
    """Return *run* without links; nearly always it contains none."""
    return run.resolve() if run.is_symlink() else run
