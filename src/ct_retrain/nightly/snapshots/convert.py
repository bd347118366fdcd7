"""Nights of versions that kept a file for each artefact, brought into today's form: a pack a night.

Loose artefacts are read as they are, so nobody has to; a pack is faster to look over, to copy and to purge.
Everything is compared with its digest first. The pack is whole before the receipt goes, which covers other files and
is given again with the next copy, and that before the first loose file: a conversion that was cut short changes
nothing that it does not finish when it is called again.
"""

from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import Record
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.stages._artefact_store import ARTEFACTS, faults, loose_files, pack_files

_SHOWN = 3


class Conversion(Record):
    """A night that keeps a file for each artefact."""

    night: str
    files: int
    size: int
    """Bytes."""
    copied: bool
    """Whether it has a receipt, which goes: the next night, or `ct-retrain snapshot`, copies its pack."""


def planned(workspace: Workspace) -> tuple[Conversion, ...]:
    """What `convert` would do; nothing is changed."""
    nights = [path.parents[1].name for path in sorted(workspace.work.glob(f"[0-9]*/collect/{MANIFEST}"))]
    found = (_looked_at(workspace, night) for night in nights)
    return tuple(one for one in found if one is not None)


def convert(workspace: Workspace) -> tuple[Conversion, ...]:
    """Do what `planned` says, night by night; the lock must be held.

    Raise CorruptStateError, with this night and the later ones as they were, where artefacts are not as collected.
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
        f"artefacts of {night} are not as they were collected and stay as they are: {'; '.join(broken[:_SHOWN])}; "
        f"`ct-retrain restore {night} --force` brings them back"
    )
    raise CorruptStateError(message)
