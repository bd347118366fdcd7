"""Deletes raw copies of old nights, if their off-site copy is read back intact at that very moment.

For each night: rules → local files equal what was copied → every object is read back → `purged.json` → deletion. A
crash in between leaves a night whose missing files are recorded and can be restored; the next purge continues.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.ports import Store
from ct_retrain.core.records.night import NightPlan, night_order
from ct_retrain.core.records.snapshot import Purged, Receipt
from ct_retrain.core.rules.retention import (
    KeptNight,
    NightDependencies,
    PurgeableNight,
    PurgePlan,
    changed_since_copy,
    is_raw,
    needed,
    raw_places,
    too_soon,
)
from ct_retrain.core.workspace import PLAN, Workspace
from ct_retrain.nightly.records import index
from ct_retrain.nightly.snapshots.index import is_log, shared
from ct_retrain.nightly.snapshots.upload import receipt_of, unverified
from ct_retrain.releases import latest, night_of, predecessor

_LOG = structlog.get_logger("ct_retrain.nightly")


def plan(workspace: Workspace, settings: Settings, store: Store) -> PurgePlan:
    """Return what a purge would delete now, and why the rest would stay; all is read back, and nothing is changed."""
    return _plan(settings, list(_judged(workspace, settings, store)))


def purge(workspace: Workspace, settings: Settings, store: Store) -> PurgePlan:
    """Delete what `plan` returns, each night right after its copy was read back; the caller holds the lock.

    Raise ToolError if the store fails; what was deleted before that is off-site, and nothing else was deleted.
    """
    done: list[PurgeableNight | KeptNight] = []
    for one in _judged(workspace, settings, store):
        if isinstance(one, PurgeableNight):
            _delete(workspace, one)
        if workspace.purged(one.night).exists():
            _sweep(workspace.night(one.night))
        done.append(one)
    return _plan(settings, done)


def _plan(settings: Settings, judged: list[PurgeableNight | KeptNight]) -> PurgePlan:
    return PurgePlan(
        retention_days=settings.retention_days,
        leaving=tuple(one for one in judged if isinstance(one, PurgeableNight)),
        staying=tuple(one for one in judged if isinstance(one, KeptNight)),
    )


def _judged(workspace: Workspace, settings: Settings, store: Store) -> Iterator[PurgeableNight | KeptNight]:
    """Yield every night that has a directory, oldest first, one at a time: the caller may delete it before the next."""
    calendar = night_dependencies(workspace, settings)
    reasons, now = needed(calendar), datetime.now(UTC)
    for night in sorted({*calendar.ended, *calendar.unfinished}, key=night_order):
        if night in reasons:
            yield KeptNight(night=night, why=reasons[night])
            continue
        names = _raw(workspace, night)
        if not names:
            yield KeptNight(night=night, why="its raw copies are gone already")
            continue
        receipt = receipt_of(workspace, night)
        why = too_soon(receipt, settings.retention_days, now)
        if why is not None or receipt is None:
            yield KeptNight(night=night, why=why or "")
        else:
            yield _verified(workspace, store, receipt, names)


def _verified(
    workspace: Workspace, store: Store, receipt: Receipt, names: list[str]
) -> PurgeableNight | KeptNight:
    """Return whether the local files equal what the store gives back now."""
    present = {
        name: disk.file_ref(workspace.root / name, workspace.root)
        for name in {*names, *_other_copies(workspace, receipt)}
    }
    why = changed_since_copy(receipt, [present[name] for name in sorted(present)])
    if why is None and receipt.store != store.name:
        why = f"its off-site copy is in {receipt.store}"
    lost = unverified(store, receipt) if why is None else []
    if lost:
        why = f"its off-site copy does not verify ({store.name} lacks or damages {', '.join(lost[:3])})"
    if why is not None:
        advice = f"{why}: `ct-retrain snapshot {receipt.night}` copies it again"
        return KeptNight(night=receipt.night, why=advice, damaged=True)
    leaving = tuple(present[name] for name in names)
    return PurgeableNight(night=receipt.night, files=leaving, size=sum(file.size for file in leaving))


def _other_copies(workspace: Workspace, receipt: Receipt) -> list[str]:
    """Return other local files of the night that were copied, because a restore could find them changed."""
    later = shared(workspace, receipt.night)
    paths = (one.path for one in receipt.contents.files if one.path not in later)
    return [name for name in paths if (workspace.root / name).is_file() and not is_log(name)]


def _delete(workspace: Workspace, leaving: PurgeableNight) -> None:
    """Record durably what is deleted, then delete it."""
    receipt = receipt_of(workspace, leaving.night)
    if receipt is None:
        message = f"the receipt of {leaving.night} went away while it was purged: run again"
        raise CorruptStateError(message)
    path = workspace.purged(leaving.night)
    # With what an earlier, interrupted purge has already deleted.
    before = disk.read_record(path, Purged).files if path.exists() else ()
    files = {file.path: file for file in (*before, *leaving.files)}
    record = Purged(
        night=leaving.night,
        at=datetime.now(UTC),
        store=receipt.store,
        index=receipt.index.key,
        files=tuple(files[name] for name in sorted(files)),
    )
    disk.write_record(path, record)
    try:
        for file in reversed(leaving.files):  # traces before the artefacts that they name
            (workspace.root / file.path).unlink(missing_ok=True)
    except OSError as error:
        message = f"cannot delete {error.filename}: {error.strerror}; fix permissions, then run again"
        raise ToolError(message) from error
    _LOG.info("purged", night=leaving.night, files=len(leaving.files), size=leaving.size)


def _sweep(top: Path) -> None:
    """Remove the directories of raw copies that are empty now."""
    if not _has_raw(top):
        return
    found = (path for path in top.rglob("*") if is_raw(f"{path.relative_to(top).as_posix()}/"))
    for path in sorted(found, reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()


def _has_raw(top: Path) -> bool:
    """Whether anything is where raw copies lie in the night's directory *top*: most nights are purged long ago."""
    trained = top / "train" / "challengers"
    challengers = [one.name for one in trained.iterdir()] if trained.is_dir() else []
    return any(os.path.lexists(f"{top}/{name}") for name in raw_places(challengers))


def _raw(workspace: Workspace, night: str) -> list[str]:
    """Return the raw copies that exist; links are not copies and stay."""
    top = workspace.night(night)
    if not _has_raw(top):
        return []
    found = (path for path in sorted(top.rglob("*")) if is_raw(path.relative_to(top).as_posix()))
    return [workspace.relative(path) for path in found if path.is_file() and not path.is_symlink()]


def night_dependencies(workspace: Workspace, settings: Settings) -> NightDependencies:
    """Return which nights others depend on; raise CorruptStateError if the served release cannot be determined."""
    ended, unfinished = index.ended_nights(workspace), index.open_nights(workspace)
    served = latest(workspace.models)
    of_last = [path for night in ended[-1:] if (path := workspace.night(night) / PLAN).exists()]
    plans = [*unfinished, *(disk.read_record(path, NightPlan) for path in of_last)]
    return NightDependencies(
        ended=ended,
        unfinished=[one.night for one in unfinished],
        previous={one.night: one.previous for one in plans},
        served=_night_of(served),
        predecessor=_night_of(_before(workspace)),
        mainline=_holding(workspace, workspace.model(settings.train.mainline)),
    )


def _before(workspace: Workspace) -> str | None:
    try:
        return predecessor(workspace.models)
    except UsageError:
        return None


def _night_of(release: str | None) -> str | None:
    return night_of(release) if release else None


def _holding(workspace: Workspace, model: str) -> str | None:
    """Return the night whose directory contains *model*."""
    path, work = Path(model).resolve(), workspace.work.resolve()
    return path.relative_to(work).parts[0] if path != work and path.is_relative_to(work) else None
