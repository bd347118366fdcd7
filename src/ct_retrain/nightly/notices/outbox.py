"""Tells the team at least once and, but for a crash in between, no more: one file a notice says which channels have it.

A channel that was not reached is tried again at the next chance, the others are not told twice. After ten chances it
is given up for that notice, which `status` says. Nothing here raises: a dead notifier changes nothing else, and on a
full disk a notice is sent before it fails to be noted.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import structlog

from ct_retrain import disk
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.core.ports import Notifier
from ct_retrain.core.records.notice import Notice, Posted
from ct_retrain.core.workspace import Workspace

_LOG = structlog.get_logger("ct_retrain.notice")
_LATE = 14
"""Notices, the latest, that are still delivered when a dead channel comes back."""
_TRIES = 10
"""Chances that a channel has to take a notice."""
_DEAD = 2
"""Notices that a channel misses before it is left alone for this chance: one alone may be what it does not take."""


class Lost(NamedTuple):
    """A notice that a channel never took."""

    path: Path
    """Where the notice is kept in full."""
    channel: str
    """What messages call it."""
    reason: str
    """What it said last."""


def post(workspace: Workspace, notifier: Notifier, notice: Notice) -> None:
    """Log *notice* and deliver it, once; called again it reaches whom it did not reach before."""
    path = workspace.outbox / notice.night / f"{notice.subject}-{notice.key}.json"
    try:
        if path.exists():
            posted = disk.read_record(path, Posted)
        else:
            _say(notice)
            posted = Posted(notice=notice)
        over = {*posted.reached, *posted.given_up}
        wanted = [channel for channel in notifier.channels if channel not in over]
        if wanted or not path.exists():
            after = _delivered(notifier, posted, wanted)
            disk.make_directory(path.parent)
            disk.write_record(path, after)
    except CtRetrainError as error:
        _LOG.error("notice not delivered", title=notice.title, reason=str(error))


def resend(workspace: Workspace, notifier: Notifier) -> None:
    """Deliver what earlier chances could not; a channel that fails again is left alone for this time."""
    try:
        missed: Counter[str] = Counter()
        paths = sorted(workspace.outbox.glob("*/*.json"))
        for path in paths[-_LATE:]:
            posted = disk.read_record(path, Posted)
            wanted = [channel for channel in posted.waiting if channel in notifier.channels]
            trying = [channel for channel in wanted if missed[channel] < _DEAD]
            if trying:
                after = _delivered(notifier, posted, trying)
                missed.update(channel for channel in trying if channel not in after.reached)
                over = {*after.reached, *after.given_up}
                kept = tuple(channel for channel in wanted if channel not in over)
                disk.write_record(path, after.model_copy(update={"waiting": kept}))
    except CtRetrainError as error:
        _LOG.error("notices not delivered", reason=str(error))


def lost(workspace: Workspace, notifier: Notifier) -> list[Lost]:
    """The notices, of the latest, that a channel which is still set was given up for; oldest first."""
    found: list[Lost] = []
    for path in sorted(workspace.outbox.glob("*/*.json"))[-_LATE:]:
        for channel, reason in disk.read_record(path, Posted).given_up.items():
            if channel in notifier.channels:
                found.append(Lost(path, notifier.channels[channel], reason))
    return found


def _delivered(notifier: Notifier, posted: Posted, channels: list[str]) -> Posted:
    """*posted* after another try at *channels*."""
    failed: Mapping[str, str] = notifier.send(posted.notice, channels) if channels else {}
    for channel, reason in failed.items():
        words = notifier.channels.get(channel, channel)
        _LOG.error("notice not delivered", title=posted.notice.title, channel=words, reason=reason)
    reached = [*posted.reached, *(channel for channel in channels if channel not in failed)]
    tries = {**posted.tries, **{channel: posted.tries.get(channel, 0) + 1 for channel in failed}}
    ended = {channel: reason for channel, reason in failed.items() if tries[channel] >= _TRIES}
    for channel in ended:
        words = notifier.channels.get(channel, channel)
        _LOG.error("notice given up", title=posted.notice.title, channel=words, tries=tries[channel])
    return Posted(
        notice=posted.notice,
        reached=tuple(reached),
        waiting=tuple(channel for channel in failed if channel not in ended),
        tries={channel: count for channel, count in tries.items() if channel not in reached},
        given_up={**posted.given_up, **ended},
    )


def _say(notice: Notice) -> None:
    say = {"info": _LOG.info, "warning": _LOG.warning, "error": _LOG.error}[notice.level]
    say(notice.title, night=notice.night, body=notice.body)
