"""Tells the team at least once and, but for a crash in between, no more: one file a notice says which channels have it.

A channel that was not reached is tried again at the next chance, the others are not told twice. Nothing here raises:
a dead notifier changes nothing else, and on a full disk a notice is sent before it fails to be noted.
"""

from collections.abc import Mapping

import structlog

from ct_retrain import disk
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.core.notice import Notice, Posted
from ct_retrain.core.ports import Notifier
from ct_retrain.core.workspace import Workspace

_LOG = structlog.get_logger("ct_retrain.notice")
_LATE = 14
"""Notices, the latest, that are still delivered when a dead channel comes back."""


def post(workspace: Workspace, notifier: Notifier, notice: Notice) -> None:
    """Log *notice* and deliver it, once; called again it reaches whom it did not reach before."""
    path = workspace.outbox / notice.night / f"{notice.subject}-{notice.key}.json"
    try:
        if path.exists():
            posted = disk.read_record(path, Posted)
        else:
            _say(notice)
            posted = Posted(notice=notice)
        wanted = [channel for channel in notifier.channels if channel not in posted.reached]
        if wanted or not path.exists():
            after = _delivered(notifier, posted, wanted)
            disk.make_directory(path.parent)
            disk.write_record(path, after)
    except CtRetrainError as error:
        _LOG.error("notice not delivered", title=notice.title, reason=str(error))


def catch_up(workspace: Workspace, notifier: Notifier) -> None:
    """Deliver what earlier chances could not; a channel that fails again is left alone for this time."""
    try:
        dead: set[str] = set()
        paths = sorted(workspace.outbox.glob("*/*.json"))
        for path in paths[-_LATE:]:
            posted = disk.read_record(path, Posted)
            wanted = [channel for channel in posted.waiting if channel in notifier.channels]
            trying = [channel for channel in wanted if channel not in dead]
            if trying:
                after = _delivered(notifier, posted, trying)
                dead.update(after.waiting)
                kept = tuple(channel for channel in wanted if channel not in after.reached)
                disk.write_record(path, after.model_copy(update={"waiting": kept}))
    except CtRetrainError as error:
        _LOG.error("notices not delivered", reason=str(error))


def _delivered(notifier: Notifier, posted: Posted, channels: list[str]) -> Posted:
    """*posted* after another try at *channels*."""
    failed: Mapping[str, str] = notifier.send(posted.notice, channels) if channels else {}
    for channel, reason in failed.items():
        words = notifier.channels.get(channel, channel)
        _LOG.error("notice not delivered", title=posted.notice.title, channel=words, reason=reason)
    reached = [*posted.reached, *(channel for channel in channels if channel not in failed)]
    return Posted(notice=posted.notice, reached=tuple(reached), waiting=tuple(failed))


def _say(notice: Notice) -> None:
    say = {"info": _LOG.info, "warning": _LOG.warning, "error": _LOG.error}[notice.level]
    say(notice.title, night=notice.night, body=notice.body)
