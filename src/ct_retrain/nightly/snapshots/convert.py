"""Converts nights of older versions, which kept one file per artefact, to one pack per night.

Conversion is optional, because loose artefacts are still read; a pack is faster to check, copy and purge. Everything
is compared with its digest first. The pack is complete before the receipt, which covers other files, is deleted (the
next copy writes a new one), and the receipt is deleted before the first loose file. An interrupted conversion is
completed by the next call.
"""

from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import Record
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.stages._artefact_store import ARTEFACTS, faults, loose_files, pack_files

_SHOWN = 3


class Conversion(Record):
    """A night that keeps one file per artefact."""

    night: str
    files: int
    size: int
    """Size of the artefacts in bytes."""
    copied: bool
    """Whether the night has a receipt. It is deleted, and the next night or `ct-retrain snapshot` copies the pack."""


def planned(workspace: Workspace) -> tuple[Conversion, ...]:
    """Return what `convert` would do; change nothing."""
    nights = [path.parents[1].name for path in sorted(workspace.work.glob(f"[0-9]*/collect/{MANIFEST}"))]
    found = (_looked_at(workspace, night) for night in nights)
    return tuple(one for one in found if one is not None)


def convert(workspace: Workspace) -> tuple[Conversion, ...]:
    """Do what `planned` returns, night by night; the caller holds the lock.

    Raise CorruptStateError if artefacts have changed since they were collected; this night and later ones then stay
    unchanged.
    """
    done = planned(workspace)
    for one in done:
        collected = workspace.stage(one.night, "collect")
        if not pack_files(collected).places.exists():
            _pack(collected, one.night)
        if one.copied:
            workspace.receipt(one.night).unlink()
            disk.sync_directory(workspace.receipt(one.night).parent)
        disk.remove_tree(collected / ARTEFACTS)
    return done


def _looked_at(workspace: Workspace, night: str) -> Conversion | None:
    found = loose_files(workspace.stage(night, "collect"))
    if not found or workspace.purged(night).exists():
        return None
    size = sum(path.stat().st_size for path in found)
    copied = workspace.receipt(night).exists()
    return Conversion(night=night, files=len(found), size=size, copied=copied)


def _pack(collected: Path, night: str) -> None:
    broken = [f"{path} {wrong}" for path, wrong in faults(collected, closely=True)]
    if not broken:
        with disk.PackWriter(pack_files(collected)) as pack:
            loose = loose_files(collected)
            broken = [str(path) for path in loose if pack.add(path.read_bytes()) != path.name]
            if not broken:
                pack.finish()
                return
    message = (
        f"artefacts of {night} have changed since they were collected, and were not converted: {'; '.join(broken[:_SHOWN])}; "
        f"`ct-retrain restore {night} --force` brings them back"
    )
    raise CorruptStateError(message)
