"""Removes a night that should not exist: makes a plan, deletes, and records that it was done."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import AwareDatetime

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Record
from ct_retrain.core.records.night import NightId, NightRecord, night_order
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.records.index import open_nights, records
from ct_retrain.releases import latest, release_name

FORGOTTEN = "forgotten_nights.jsonl"
"""File with one line per forgotten night, beside the NightRecords."""


class ForgottenNight(Record):
    """A night that a person removed; a line of forgotten_nights.jsonl."""

    at: AwareDatetime
    night: NightId
    outcome: str
    """How the night had ended; `open` if it had not."""
    why: str


class ForgetPlan(NamedTuple):
    """What forgetting a night removes, and what stays."""

    night: str
    outcome: str
    paths: tuple[Path, ...]
    """Paths to remove, in this order; the first one marks the night as over."""
    stays: tuple[str, ...]


def plan_forgetting(workspace: Workspace, night: str) -> ForgetPlan:
    """Return what forgetting *night* would remove.

    Raise UsageError if there is no such night, if a later night continues it, or if its release is served.
    """
    path = workspace.record(night)
    outcome = disk.read_record(path, NightRecord).outcome.value if path.exists() else "open"
    places = (
        path,
        workspace.receipt(night),
        workspace.night(night),
        workspace.archive / night,
        workspace.outbox / night,
        workspace.reports / f"{night}.html",
    )
    found = tuple(place for place in places if place.exists())
    if not found:
        raise UsageError(f"there is no night {night} to forget; `ct-retrain status` lists them")
    after = next(_later(workspace, night), None)
    if after is not None:
        raise UsageError(f"night {after} continues {night}: forget {after} first, or leave both")
    if latest(workspace.models) == release_name(night):
        raise UsageError(
            f"the release of {night} is served: `ct-retrain rollback` serves another, then forget it"
        )
    return ForgetPlan(night, outcome, found, tuple(_staying(workspace, night)))


def forget_night(workspace: Workspace, plan: ForgetPlan, why: str) -> ForgottenNight:
    """Carry out *plan*; if interrupted, the same command finishes it. The caller holds the lock."""
    gone = ForgottenNight(at=datetime.now(UTC), night=plan.night, outcome=plan.outcome, why=why)
    disk.make_directory(workspace.records)
    disk.append_record(workspace.records / FORGOTTEN, gone)
    for path in plan.paths:
        disk.remove_tree(path) if path.is_dir() else path.unlink(missing_ok=True)
        disk.sync_directory(path.parent)
    return gone


def forgotten_nights(workspace: Workspace) -> list[ForgottenNight]:
    """Return every forgotten night, oldest first."""
    path = workspace.records / FORGOTTEN
    return list(disk.read_lines(path, ForgottenNight)) if path.exists() else []


def _later(workspace: Workspace, night: str) -> Iterator[str]:
    """Yield nights, ended or open, that start from *night* or come after it."""
    yield from (one.night for one in records(workspace) if night_order(one.night) > night_order(night))
    yield from (one.night for one in open_nights(workspace) if one.previous == night)


def _staying(workspace: Workspace, night: str) -> Iterator[str]:
    release = workspace.models / release_name(night)
    if release.exists():
        yield f"{workspace.relative(release)}: what may have been served is never removed here"
    if workspace.receipt(night).exists():
        yield "the off-site copy, in its store"
