"""Nights that broke and are not over."""

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.records.night import night_order
from ct_retrain.core.workspace import Workspace

BROKEN = "broken.json"


def broken_nights(workspace: Workspace) -> list[Breakdown]:
    """The last broken try of every night that is not over, by night; a file that is not ours is left out."""
    found: list[Breakdown] = []
    for path in workspace.archive.glob(f"[0-9]*/{BROKEN}"):
        if workspace.record(path.parent.name).exists():
            continue
        try:
            found.append(disk.read_record(path, Breakdown))
        except CorruptStateError:
            continue
    return sorted(found, key=lambda one: night_order(one.night))
