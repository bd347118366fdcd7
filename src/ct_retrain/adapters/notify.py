"""Send notices through apprise: Slack, e-mail and a hundred others, one address each.

A notice longer than a channel allows is sent in parts; if there would be too many, its middle is cut. The
whole address is a secret: a channel is identified by a digest of it, and messages show only its position and
kind.
"""

import hashlib
import logging
import re
import threading
import time
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ct_retrain.core.configuration.settings import NoticeSettings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.notice import Notice

if TYPE_CHECKING:
    from apprise import Apprise

_PAUSES = (0.5, 2.0)
"""Seconds before further tries, enough for a busy server."""
_PARTS = 4
"""Maximum messages per notice; a longer notice is cut."""
_SLACK_BLOCKS = (150, 2800)
"""Characters of a header and a section of Slack's Block Kit, which takes 3000 with `&lt;` for `<`; apprise cuts as for a plain message."""
_BRIEF = 400
"""Characters of the last try, because a channel may have limits that apprise does not know."""
_SAID = 200
"""Maximum characters of a channel's error."""
_SHORT = 4
"""Minimum characters of an address part that is masked in errors; masking shorter parts would leave no words.
"""

_HEARD: ContextVar[list[str] | None] = ContextVar("_HEARD", default=None)
"""apprise's warnings during the current delivery."""


class AppriseNotifier:
    """Sends to every address of the settings, in parallel, each with a time limit."""

    def __init__(self, settings: NoticeSettings, root: Path) -> None:
        """Relative files of *settings* are below *root*; nothing is read before it is needed."""
        self._settings, self._root = settings, root

    @property
    def channels(self) -> Mapping[str, str]:
        """Return channel → its position among the addresses, and its kind."""
        return {channel_of(url): _words(place, url) for place, url in enumerate(self._urls(), 1)}

    def faults(self) -> Mapping[str, str]:
        """Return channel name → what is wrong with its address, as far as known without sending."""
        named = [(_words(place, url), url) for place, url in enumerate(self._urls(), 1)]
        return {words: _WRONG for words, url in named if _service(url) is None}

    def send(self, notice: Notice, channels: Collection[str]) -> Mapping[str, str]:
        """Deliver *notice* to *channels*; a busy one is tried three times, a silent one until the time limit."""
        wanted = {channel_of(url): url for url in self._urls() if channel_of(url) in channels}
        until = time.monotonic() + self._settings.timeout
        seconds = self._settings.timeout
        failed = dict.fromkeys(wanted, f"did not answer within {seconds:g} s; a later chance tries again")
        # No thread pool: Python waits for a pool's threads at exit.
        threads = [
            threading.Thread(target=_deliver, args=(channel, url, notice, failed, until), daemon=True)
            for channel, url in wanted.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return {channel: reason for channel, reason in dict(failed).items() if reason}

    def _urls(self) -> tuple[str, ...]:
        lines = self._settings.urls.get_secret_value().split()
        if self._settings.urls_file:
            lines += secret_lines(self._root / self._settings.urls_file, "notices.urls_file")
        return tuple(dict.fromkeys(lines))


_WRONG = "no address that apprise can read; https://appriseit.com lists them, kind by kind"


def channel_of(url: str) -> str:
    """Return the name of the channel of *url*: a digest, from which the address cannot be recovered."""
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def secret_lines(path: Path, setting: str) -> list[str]:
    """Return the lines of the file that *setting* names, without empty lines and `#` comments."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{setting}: cannot read {path} ({type(error).__name__})") from error
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def _words(place: int, url: str) -> str:
    scheme = re.match(r"[a-z][a-z0-9]{1,15}(?=://)", url)
    return f"address {place}, {scheme[0] if scheme else 'of no known kind'}"


def _service(url: str) -> "Apprise | None":
    """Return apprise's sender for *url*; None if apprise cannot read it."""
    import apprise

    _hush()
    service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="ct-retrain", async_mode=False))
    if not service.add(url):
        return None
    for channel in service:
        if getattr(channel, "use_blocks", False):
            channel.title_maxlen, channel.body_maxlen = _SLACK_BLOCKS
    if not _OVERFLOW.search(url):
        for channel in service:
            channel.overflow_mode = apprise.OverflowMode.SPLIT
    return service


_OVERFLOW = re.compile(r"[?&]overflow=", re.IGNORECASE)
"""Addresses that say themselves how to treat long messages are left to apprise."""


def shortened(notice: Notice, most: int) -> str:
    """Return the body of *notice* in at most *most* characters: its beginning and end, and a note on the cut.

    If *most* is too small for the note alone, the note's length is used.
    """
    body = notice.body
    if len(body) <= most:
        return body
    place = f".outbox/{notice.night}/{notice.subject}-{notice.key}.json"
    words = f"\n… cut: {len(body)} characters are too long for this channel; in full: {place}, where nights work …\n"
    room = max(0, most - len(words))
    end = "\n".join(body.splitlines()[-2:])
    tail = end if len(end) <= room // 2 else ""
    return f"{body[: room - len(tail)].rstrip()}{words}{tail}".rstrip()


def _deliver(channel: str, url: str, notice: Notice, failed: dict[str, str], until: float) -> None:
    """Send to one channel, and store its error in *failed*: empty if the notice was delivered."""
    import apprise

    service = _service(url)
    if service is None:
        failed[channel] = _WRONG
        return
    kinds = {
        "info": apprise.NotifyType.INFO,
        "warning": apprise.NotifyType.WARNING,
        "error": apprise.NotifyType.FAILURE,
    }
    heard: list[str] = []
    _HEARD.set(heard)
    limit = min((channel.body_maxlen for channel in service), default=0)
    body = shortened(notice, limit * _PARTS) if limit > 0 else notice.body
    tries = [(body, pause) for pause in (*_PAUSES, 0.0)]
    tries += [(shortened(notice, _BRIEF), 0.0)] if len(body) > _BRIEF else []
    for words, pause in tries:
        if service.notify(words, notice.title, kinds[notice.level], body_format="text"):
            failed[channel] = ""
            return
        failed[channel] = _blotted(heard[-1], url) if heard else "it refused and gave no reason"
        if time.monotonic() + pause >= until:
            return
        time.sleep(pause)


def _blotted(said: str, url: str) -> str:
    """Return *said* on one line, shortened, with every part of *url* masked."""
    parts = {part for text in (url, unquote(url)) for part in re.split(r"[:/?&=@#,\s]+", text)[1:]}
    for part in sorted((part for part in parts if len(part) >= _SHORT), key=len, reverse=True):
        said = said.replace(part, "***")
    return " ".join(said.split())[:_SAID]


def _hush() -> None:
    """Keep apprise's log, which shows hosts and replies, off standard error; collect its warnings instead."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    if not any(isinstance(handler, _Ear) for handler in logger.handlers):
        logger.addHandler(_Ear(logging.WARNING))


class _Ear(logging.Handler):
    """Assigns apprise's warnings to the delivery they concern, whatever thread apprise uses."""

    def emit(self, record: logging.LogRecord) -> None:
        heard = _HEARD.get()
        if heard is not None:
            heard.append(record.getMessage())
