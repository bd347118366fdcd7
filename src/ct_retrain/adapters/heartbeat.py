"""Ping a dead-man's switch in healthchecks.io's convention: URL/start, URL, URL/fail; the URL is a secret."""

import http.client
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from ct_retrain.adapters.notify import secret_lines
from ct_retrain.core.configuration.settings import NoticeSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.notice import Beat

_PATHS = {"start": "/start", "success": "", "failure": "/fail"}
_TRIES = 3


def heartbeat_of(settings: NoticeSettings, root: Path) -> "UrlHeartbeat | None":
    """Return the switch that *settings* name; None if they name none."""
    named = settings.heartbeat.get_secret_value().strip() or settings.heartbeat_file
    return UrlHeartbeat(settings, root) if named else None


class UrlHeartbeat:
    """Posts to the URL of the settings, three times at most and within their time limit."""

    def __init__(self, settings: NoticeSettings, root: Path) -> None:
        """Relative files of *settings* are below *root*; nothing is read before it is needed."""
        self._settings, self._root = settings, root

    def ping(self, beat: Beat, words: str) -> None:
        """Report *beat*; a switch that is only busy is tried again."""
        split = urlsplit(self.url())
        split = urlsplit(self.url())
        there = split._replace(path=split.path.rstrip("/") + _PATHS[beat]).geturl()
        why = ""
        for _ in range(_TRIES):
            why = _post(there, words, self._settings.timeout / _TRIES)
            if not why:
                return
        raise ToolError(f"the dead-man's switch of notices.heartbeat did not receive the {beat}: {why}")

    def url(self) -> str:
        """Return the URL; raise UsageError, without showing it, if it cannot be pinged."""
        url = self._settings.heartbeat.get_secret_value().strip()
        if not url and self._settings.heartbeat_file:
            path = self._root / self._settings.heartbeat_file
            url = next(iter(secret_lines(path, "notices.heartbeat_file")), "")
        if not _pingable(url):
            raise UsageError(
                "notices.heartbeat is no http:// or https:// URL: copy it from your dead-man's switch"
            )
        return url


def _pingable(url: str) -> bool:
    try:
        split = urlsplit(url)
        return split.scheme in {"http", "https"} and bool(split.hostname) and split.port != 0
    except ValueError:
        return False


def _post(url: str, words: str, seconds: float) -> str:
    """Post *words* to *url*; return the error without the URL, or ""."""
    try:
        request = urllib.request.Request(url, words.encode(), {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310 - http(s) only, see url()
        with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310
            return ""
    except urllib.error.HTTPError as error:
        return f"it answers {error.code}"
    except urllib.error.URLError as error:
        reason = error.reason
        return (reason.strerror if isinstance(reason, OSError) else None) or type(reason).__name__
    except (OSError, http.client.HTTPException, ValueError) as error:
        return type(error).__name__
