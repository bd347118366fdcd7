"""Finds what does not break an invariant but is worth a remark: in progress, waiting, incomplete, or from the future."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.records.audit import Remark
from ct_retrain.core.records.night import NightPlan
from ct_retrain.core.workspace import MANIFEST, PLAN, Workspace
from ct_retrain.nightly.records.index import last_record

_TOLERATED = timedelta(hours=1)
"""Tolerated difference between the clocks of machines that share a workspace."""


def leftovers(workspace: Workspace) -> Iterator[Remark]:
    """Yield remarks on the workspace, without files that a running night is writing."""
    holder = disk.holder(workspace.lock)
    if holder is None:
        yield from _half_written(workspace)
    else:
        yield _busy(workspace, holder)
    yield from _nights(workspace, running=holder is not None)
    yield from _clock(workspace)


def _busy(workspace: Workspace, holder: disk.Holder) -> Remark:
    since = datetime.fromtimestamp(holder.since, UTC)
    here = holder.host == os.uname().nodename
    if here and holder.pid and not Path(f"/proc/{holder.pid}").exists() and Path("/proc").is_dir():
        what = f"is held, but process {holder.pid}, which took it, is dead: a process that it started is still running"
        return _remark(
            workspace, workspace.lock, what, f"fuser -v {workspace.relative(workspace.lock)} names it"
        )
    what = f"is held by process {holder.pid} on {holder.host} since {since:%Y-%m-%d %H:%M} UTC"
    return _remark(
        workspace, workspace.lock, what, "nothing: a night, an experiment, a rollback or a purge is running"
    )


def _half_written(workspace: Workspace) -> Iterator[Remark]:
    """Yield files with temporary names; the next write of the same file reuses them."""
    nights = [path for path in workspace.work.glob("[0-9]*") if path.is_dir()]
    receipts = workspace.records / "receipts"
    places = [
        workspace.root,
        workspace.models,
        workspace.archive,
        workspace.records,
        receipts,
        workspace.work,
        *nights,
    ]
    stages = [path for night in nights for path in night.iterdir() if path.is_dir()]
    for place in [*places, *stages]:
        found = [path for path in place.iterdir() if disk.is_temporary(path)] if place.is_dir() else []
        for path in sorted(found):
            heal = "nothing: running its night again removes it, and it may be deleted"
            yield _remark(workspace, path, "was being written when a process died", heal)


def _nights(workspace: Workspace, *, running: bool) -> Iterator[Remark]:
    for directory in sorted(path for path in workspace.work.glob("[0-9]*") if path.is_dir()):
        night = directory.name
        if workspace.record(night).exists():
            for stage in sorted(path for path in directory.iterdir() if (path / "key.json").is_file()):
                if not (stage / MANIFEST).is_file():
                    what = "was begun and not finished, and the night ended without it"
                    yield _remark(workspace, stage, what, "nothing: it may be deleted")
        elif not running:
            yield _open(workspace, night)


def _open(workspace: Workspace, night: str) -> Remark:
    plan, again = workspace.night(night) / PLAN, f"ct-retrain run --night {night}"
    if not plan.is_file():
        return _remark(workspace, plan.parent, "was begun and has no plan yet", again)
    try:
        started = disk.read_record(plan, NightPlan).started
    except CorruptStateError as error:
        return _remark(workspace, plan, str(error), f"move {night} away, then {again}")
    what = f"the night was started {started:%Y-%m-%d %H:%M} UTC and is not over"
    return _remark(
        workspace, plan.parent, what, f"{again}; an abandoned night loses nothing but its own work"
    )


def _clock(workspace: Workspace) -> Iterator[Remark]:
    """Yield a night from the future, which keeps every earlier night from starting."""
    try:
        last = last_record(workspace)
    except (CorruptStateError, ValueError):
        return
    if last is not None and last.started > datetime.now(UTC) + _TOLERATED:
        what = (
            f"started {last.started:%Y-%m-%d %H:%M} UTC, which is in the future: one of the clocks was wrong"
        )
        heal = f"set the clock; to remove the night: ct-retrain forget {last.night}"
        yield _remark(workspace, workspace.record(last.night), what, heal)


def _remark(workspace: Workspace, path: Path, what: str, heal: str) -> Remark:
    return Remark(where=workspace.relative(path), what=what, heal=heal)
