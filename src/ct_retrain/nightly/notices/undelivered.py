"""Notices that never arrived, for `status`."""

from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.ports import Notifier
from ct_retrain.core.records.notice import Posted
from ct_retrain.core.workspace import Workspace

LATE = 14
"""Number of latest notices that are still delivered when a failed channel works again."""


class UndeliveredNotice(NamedTuple):
    """A notice that a channel never accepted."""

    path: Path
    """Path of the full notice."""
    channel: str
    """Name of the channel as shown to people."""
    reason: str
    """Its last error."""


def undelivered(workspace: Workspace, notifier: Notifier) -> list[UndeliveredNotice]:
    """Return the recent notices that were given up for a channel that is still configured; oldest first."""
    found: list[UndeliveredNotice] = []
    for path in sorted(workspace.outbox.glob("*/*.json"))[-LATE:]:
        for channel, reason in disk.read_record(path, Posted).given_up.items():
            if channel in notifier.channels:
                found.append(UndeliveredNotice(path, notifier.channels[channel], reason))
    return found
