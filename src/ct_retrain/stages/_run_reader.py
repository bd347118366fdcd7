"""What one run has to give tonight: a function of the run's files and of what the ledger knew of it."""

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Rejected
from ct_retrain.stages._artefacts import Gatherer, Tried
from ct_retrain.stages._scan import Position, ScanJob, ScanSite, Sighting, TraceScan
from ct_retrain.trace import FileRefusal, Reach
from ct_retrain.trace.reach import file_refusal


class RunHarvest(NamedTuple):
    """What a job found."""

    sighting: Sighting
    position: Position | None
    """None when the file could not be read tonight: the next night tries again."""
    traces: Sequence[bytes]
    """Trace records as JSON, in order."""
    rejected: Sequence[Rejected]
    known: bytes
    """For the next `Job`."""
    tried: Sequence[Tried]
    lines: int
    bytes_copied: int = 0
    passing: int = 0
    """Entries that look like passed simulations, taken or not."""


def harvest_runs(jobs: Iterable[ScanJob], site: ScanSite, pack: disk.PackWriter) -> list[RunHarvest]:
    """Do *jobs* in order; what passing simulations name goes into *pack*."""
    try:
        return [_harvest_one(job, site, pack) for job in jobs]
    except OSError as error:
        message = f"cannot go on reading {site.runs}: {error.strerror}; repair the machine, then run again"
        raise ToolError(message) from error


def settled(scan: TraceScan, sighting: Sighting, traces: Sequence[bytes], bytes_copied: int) -> RunHarvest:
    """The Harvest of a finished *scan*."""
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
    """Keep the files of everything that passed; what cannot be kept is refused."""
    passes = scan.passes()
    first = next(passes, None)
    if first is None:
        return []
    with ExitStack() as stack:
        try:
            reach = stack.enter_context(
                Reach.of(site.workspace, _home(site.runs / os.fsdecode(run)), site.rules)
            )
        except OSError as error:
            scan.refuse(0, "vanished", f"its directory: {file_refusal(error, scan.run).detail}")
            return []
        gatherer = Gatherer(reach, pack, site.settings.max_artefact_bytes, site.latest)
        traces: list[bytes] = []
        for passing in chain([first], passes):
            found = gatherer.trace(scan.run, passing.entry, passing.tried)
            if isinstance(found, FileRefusal):
                scan.refuse(passing.entry.number, found.reason, found.detail)
            else:
                traces.append(found.model_dump_json().encode() + b"\n")
        return traces


def _home(run: Path) -> Path:
    """*run* without links; nearly always it is none."""
    return run.resolve() if run.is_symlink() else run
