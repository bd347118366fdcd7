"""Tells what is running now and how far it is, from the lock and the night's log."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ct_retrain import disk
from ct_retrain.core.progress import EVENT
from ct_retrain.core.record import Record
from ct_retrain.core.workspace import NIGHT_LOG, Workspace
from ct_retrain.nightly.records.index import open_nights

_TAIL = 256 << 10
"""Bytes of the end of the log that are read: hours of it."""


class Underway(Record):
    """A process that holds the workspace's lock, and the last progress in its night's log."""

    pid: int
    host: str
    since: datetime
    night: str = ""
    """Empty if the lock is held by something other than a night: an experiment, a rollback, a purge."""
    experiment: str = ""
    """Name of the experiment that is running; else empty."""
    stage: str = ""
    stage_since: str = ""
    what: str = ""
    """The long step within the stage, in progress; empty if none is reported."""
    done: int = 0
    total: int | None = None
    rate: float = 0.0
    """Items per second."""
    left: float | None = None
    """Estimated seconds left; None if unknown."""


def underway(workspace: Workspace) -> Underway | None:
    """Return what runs in *workspace* now; None if its lock is free."""
    holder = disk.holder(workspace.lock)
    if holder is None:
        return None
    running = Underway(pid=holder.pid, host=holder.host, since=datetime.fromtimestamp(holder.since, UTC))
    if holder.what.startswith(disk.EXPERIMENT):
        return running.model_copy(update={"experiment": holder.what.removeprefix(disk.EXPERIMENT).strip()})
    nights = open_nights(workspace)
    if not nights:
        return running
    night = nights[-1].night
    return running.model_copy(update={"night": night, **_last_progress(workspace.night(night) / NIGHT_LOG)})


def _last_progress(log: Path) -> dict[str, Any]:
    """Return fields of Underway from the end of *log*."""
    said: dict[str, Any] = {}
    for event in _events(log):
        if event.get("event") == "stage starts":
            said = {"stage": str(event["stage"]), "stage_since": str(event["timestamp"])}
        elif event.get("event") == EVENT:
            said |= {name: event[name] for name in ("what", "done", "total", "rate", "left")}
    return said


def _events(log: Path) -> Iterator[dict[str, Any]]:
    if not log.is_file():
        return
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        for line in file.read().splitlines():
            with suppress(ValueError):
                yield json.loads(line)
