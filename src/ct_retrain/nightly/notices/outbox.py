"""Delivers each notice to every channel once, or twice after a crash: a file per notice records who has it.

A channel that fails is tried again on the next occasion, up to ten times; the others do not get the notice twice.
`status` shows notices that were given up. Nothing here raises, so a failing notifier has no other effect, and if the
disk is full the notice is sent before recording it fails.
"""

from collections import Counter
from collections.abc import Mapping

import structlog

from ct_retrain import disk
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.core.ports import Notifier
from ct_retrain.core.records.notice import Notice, Posted
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.notices.undelivered import LATE

_LOG = structlog.get_logger("ct_retrain.notice")
_TRIES = 10
"""Number of tries per channel and notice."""
_DEAD = 2
"""Number of failed notices after which a channel is skipped this time; a single one may itself be at fault."""


def post(workspace: Workspace, notifier: Notifier, notice: Notice) -> None:
    """Log *notice* and deliver it to the channels that do not have it yet."""
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
    """Deliver earlier notices that failed; a channel that fails again is skipped for the rest."""
    try:
        missed: Counter[str] = Counter()
        paths = sorted(workspace.outbox.glob("*/*.json"))
        for path in paths[-LATE:]:
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


def _delivered(notifier: Notifier, posted: Posted, channels: list[str]) -> Posted:
    """Return *posted* after another try at *channels*."""
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
