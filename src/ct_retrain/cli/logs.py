"""Logs go to standard error: bars and lines on a terminal, lines alone elsewhere, JSON where asked; a night keeps a copy."""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any

import structlog

from ct_retrain.core.progress import EVENT
from ct_retrain.core.workspace import NIGHT_LOG

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path

    from structlog.typing import Processor

_LINES_APART = 30.0
"""Seconds between two progress lines of one step without a terminal."""
_COPIES_APART = 5.0
"""Seconds between two progress lines of one step in a night's own log, which `status` reads."""
_LOG_BYTES = 1 << 20
_LOG_FILES = 3


def configure(
    *, json_lines: bool, level: int = logging.INFO, nights: Path | None = None, bars: bool = True
) -> None:
    """Set up structlog for the process; events carry keys, not prose.

    *nights* is the directory of nights: what is logged while a night runs is also kept in its `night.log`.
    A terminal gets *bars* of progress, or lines.
    """
    terminal = sys.stderr.isatty()
    stamp = "iso" if json_lines else "%H:%M:%S" if terminal else "%Y-%m-%d %H:%M:%S"
    if json_lines:
        shown: list[Processor] = [ProgressFilter(_LINES_APART), structlog.processors.JSONRenderer()]
    else:
        lines = structlog.dev.ConsoleRenderer(colors=terminal, pad_event_to=18)
        shown = [_bars() if terminal and bars else ProgressFilter(_LINES_APART), brief, lines]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *([NightCopy(nights)] if nights else []),
            structlog.processors.TimeStamper(fmt=stamp, utc=json_lines),
            *shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: Printer(),
    )


def _bars() -> Processor:
    from ct_retrain.cli.bars import Bars

    return Bars()


def brief(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say progress as a bar does, and leave out what takes more than a line: the outbox has a notice's body."""
    del logger, name
    if event["event"] == EVENT:
        from ct_retrain.cli.bars import pace_of

        total = "" if event["total"] is None else f" of {event['total']}"
        pace = "" if event["over"] else f", {pace_of(event)}"
        return {key: event[key] for key in ("timestamp", "level") if key in event} | {
            "event": f"{event['what']}: {event['done']}{total}{pace}"
        }
    return {key: value for key, value in event.items() if not (isinstance(value, str) and "\n" in value)}


class Printer:
    """Writes a rendered event to the current standard error, which a progress bar may have replaced."""

    def msg(self, message: str) -> None:
        """Write *message* as one line."""
        print(message, file=sys.stderr, flush=True)

    log = debug = info = warning = error = critical = msg


class ProgressFilter:
    """Drops progress events that follow too soon; the first and the last of a step pass."""

    def __init__(self, apart: float) -> None:
        """Pass one event of a step every *apart* seconds."""
        self._apart = apart
        self._said: dict[str, float] = {}

    def __call__(self, logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Pass *event* on, or raise DropEvent."""
        del logger, name
        if event["event"] == EVENT and not self.wanted(event):
            raise structlog.DropEvent
        return event

    def wanted(self, event: MutableMapping[str, Any]) -> bool:
        """Whether a progress event is due."""
        what, now = str(event["what"]), time.monotonic()
        if event["over"]:
            return self._said.pop(what, None) is not None
        due = now - self._said.get(what, -self._apart) >= self._apart
        if due:
            self._said[what] = now
        return due


class NightCopy:
    """Copies what is logged during a night to `night.log` in its directory, in a few files at most."""

    def __init__(self, nights: Path) -> None:
        """*nights* holds one directory per night, which is never created here."""
        self._nights = nights
        self._sparse = ProgressFilter(_COPIES_APART)
        self._render = structlog.processors.JSONRenderer()
        self._stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
        self._files: dict[str, RotatingFileHandler] = {}

    def __call__(self, logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Copy *event* to the night's log, and pass it on."""
        night = event.get("night")
        if isinstance(night, str) and (event["event"] != EVENT or self._sparse.wanted(event)):
            file = self._file(night)
            if file is not None:
                line = self._render(logger, name, self._stamp(logger, name, dict(event)))
                file.emit(logging.makeLogRecord({"msg": str(line)}))
        return event

    def _file(self, night: str) -> RotatingFileHandler | None:
        if night not in self._files and (self._nights / night).is_dir():
            path = self._nights / night / NIGHT_LOG
            self._files[night] = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES - 1)
        return self._files.get(night)
