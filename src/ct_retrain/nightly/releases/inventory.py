"""Checks what is served: releases, the pointer, and the history of its moves."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.records.audit import Breach, Invariant
from ct_retrain.core.records.decision import Promote
from ct_retrain.core.records.night import (
    AutoRollback,
    Move,
    NightRecord,
    Release,
    night_order,
)
from ct_retrain.core.workspace import PLAN, Workspace
from ct_retrain.nightly.releases.rollback import RELAPSE
from ct_retrain.releases import HISTORY, LATEST, RELEASE, moves_of, night_of, pointed, release_name

_WRITABLE = 0o222


def release_breaches(workspace: Workspace, compare: disk.Compare) -> Iterator[Breach]:
    """Yield breaches of I3 and I5, of the history, and of I1 for releases, whose manifest is `release.json`."""
    for directory in sorted(workspace.models.glob(release_name("*"))):
        yield from _release(workspace, directory, compare)
    try:
        moves = moves_of(workspace.models)
    except CorruptStateError as error:
        yield _breach(workspace, "history", workspace.models / HISTORY, str(error), _history_back(workspace))
        return
    yield from _pointer(workspace, moves)
    yield from _moves(workspace, moves)
    yield from _kept(workspace, moves)


def _release(workspace: Workspace, directory: Path, compare: disk.Compare) -> Iterator[Breach]:
    night = night_of(directory.name)
    heal = restore_hint(workspace, night)
    try:
        release = disk.read_record(directory / RELEASE, Release)
    except CorruptStateError as error:
        yield _breach(workspace, "I1", directory / RELEASE, str(error), heal)
        return
    if release.night != night:
        what = f"is the release of {release.night}: it is in the wrong place"
        yield _breach(workspace, "I3", directory / RELEASE, what, heal)
    if not (isinstance(release.decision, Promote) or release.forced):
        what = f"was decided {release.decision.kind}, and no person is named who forced it"
        yield _breach(workspace, "I3", directory / RELEASE, what, heal)
    for file in release.files:
        wrong = compare(directory / file.path, file)
        if wrong:
            yield _breach(workspace, "I1", directory / file.path, wrong, heal)
    open_ones = [path for path in sorted(directory.rglob("*")) if path.stat().st_mode & _WRITABLE]
    if open_ones:
        yield _breach(
            workspace,
            "I1",
            open_ones[0],
            f"can be written to, and a release is read-only ({len(open_ones)} such files and directories in it)",
            f"chmod -R a-w {workspace.relative(directory)}",
        )


def _pointer(workspace: Workspace, moves: list[Move]) -> Iterator[Breach]:
    """I3: `latest_nightly` points at a complete release, which the history confirms."""
    link = workspace.models / LATEST
    told = moves[-1].target if moves else None
    if link.exists() and not link.is_symlink():
        heal = f"move it away, then ct-retrain rollback {_night(told)}"
        yield _breach(workspace, "I3", link, "is not a symlink (was the tree copied?)", heal)
        return
    name = pointed(workspace.models)
    if name is not None and not (workspace.models / name / RELEASE).is_file():
        heal = f"ct-retrain rollback to another release; or {restore_hint(workspace, _night(name))}"
        yield _breach(workspace, "I3", link, f"points at {name}, which is not a complete release", heal)
    elif name is not None and link.readlink().as_posix() != name:
        heal = f"remove the link, then ct-retrain rollback {_night(name)}"
        yield _breach(workspace, "I3", link, f"points outside its directory, at {link.readlink()}", heal)
    if name != told and not _in_progress(workspace, name):
        what = f"points at {name or 'nothing'}, and the history ends with {told or 'mainline'}"
        heal = f"ct-retrain rollback {_night(name or told)} sets and records it"
        yield _breach(workspace, "history", link, what, heal)


def _in_progress(workspace: Workspace, name: str | None) -> bool:
    """Whether an open night has just moved the pointer to *name* and not yet recorded it; running it again does."""
    waiting = [
        path.parent
        for path in workspace.work.glob(f"[0-9]*/{PLAN}")
        if not workspace.record(path.parent.name).exists()
    ]
    return any(release_name(night.name) == name or _goes_back(night / RELAPSE, name) for night in waiting)


def _goes_back(note: Path, name: str | None) -> bool:
    try:
        return note.exists() and disk.read_record(note, AutoRollback).target == name
    except CorruptStateError:
        return False


def _moves(workspace: Workspace, moves: list[Move]) -> Iterator[Breach]:
    """Each move starts where the one before ended, and every recorded release has a move."""
    path, heal = workspace.models / HISTORY, _history_back(workspace)
    for number, (before, after) in enumerate(pairwise(moves), 2):
        if after.source != before.target:
            what = f"line {number} moves from {after.source or 'mainline'}, and line {number - 1} ends at {before.target}"
            yield _breach(workspace, "history", path, what, heal)
    told = {move.target for move in moves}
    for record in _records(workspace):
        if record.release is not None and record.release not in told:
            what = f"does not contain {record.release}, which night {record.night} published"
            yield _breach(workspace, "history", path, what, heal)


def _kept(workspace: Workspace, moves: list[Move]) -> Iterator[Breach]:
    """I5 for the release that is served and the one before it; I4 for every other that was ever served."""
    served = list(dict.fromkeys(move.target for move in reversed(moves) if move.target is not None))
    for place, name in enumerate(served):
        if not (workspace.models / name).is_dir():
            invariant: Invariant = "I5" if place <= 1 else "I4"
            heal = restore_hint(workspace, _night(name))
            what = "was served and is gone" if place > 1 else "is gone, but it must be kept"
            yield _breach(workspace, invariant, workspace.models / name, what, heal)


def _records(workspace: Workspace) -> Iterator[NightRecord]:
    for path in sorted(workspace.records.glob("*.json")):
        try:
            yield disk.read_record(path, NightRecord)
        except CorruptStateError:
            continue


def restore_hint(workspace: Workspace, night: str) -> str:
    """Return how to bring *night* back."""
    if workspace.receipt(night).exists():
        return f"ct-retrain restore {night} --force"
    return (
        f"{night} has no off-site copy: restore it from your own copy; the last night, if it published nothing, can be made "
        f"again by ct-retrain run --night {night} --redo collect, or taken off the record by ct-retrain forget {night}"
    )


def _history_back(workspace: Workspace) -> str:
    """Return how to make the history readable again."""
    copied = [path.stem for path in workspace.records.glob("receipts/*.json")]
    if copied:
        return f"move it away; ct-retrain restore {max(copied, key=night_order)} brings its copy back"
    return "move it away, or correct the line by hand; there is no off-site copy, and the next move begins a new history"


def _night(release: str | None) -> str:
    return night_of(release) if release else "NIGHT"


def _breach(workspace: Workspace, invariant: Invariant, path: Path, what: str, heal: str) -> Breach:
    return Breach(invariant=invariant, where=workspace.relative(path), what=what, heal=heal)
