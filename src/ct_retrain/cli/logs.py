"""Logs go to standard error: words and bars on a terminal, one JSON object a line elsewhere; a night keeps a copy."""

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
"""Seconds between two lines about the progress of one step where there is no terminal."""
_COPIES_APART = 5.0
"""The same in a night's own log, which `status` reads."""
_LOG_BYTES = 1 << 20
_LOG_FILES = 3


def configure(*, json_lines: bool, level: int = logging.INFO, nights: Path | None = None) -> None:
    """Set structlog up once a process; events carry keys, not prose.

    *nights* is the directory of nights: what is logged while a night runs is also kept in its own `night.log`.
    """
    shown: list[Processor] = [Sparse(_LINES_APART), structlog.processors.JSONRenderer()]
    if not json_lines:
        from ct_retrain.cli.bars import Bars

        shown = [Bars(), structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=18)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *([NightCopy(nights)] if nights else []),
            structlog.processors.TimeStamper(fmt="iso" if json_lines else "%H:%M:%S", utc=json_lines),
            *shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: Printer(),
    )


class Printer:
    """Writes a rendered event to whatever standard error is by then: a bar may have put itself in between."""

    def msg(self, message: str) -> None:
        """Write *message* as one line."""
        print(message, file=sys.stderr, flush=True)

    log = debug = info = warning = error = critical = msg


class Sparse:
    """Leaves out progress that was said a moment ago; the first and the last of a step pass."""

    def __init__(self, apart: float) -> None:
        """Let one event of a step pass every *apart* seconds."""
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
    """Keeps what is logged while a night is bound in `night.log` of that night's directory, in a few files at most."""

    def __init__(self, nights: Path) -> None:
        """*nights* holds one directory a night; it is never made here."""
        self._nights = nights
        self._sparse = Sparse(_COPIES_APART)
        self._render = structlog.processors.JSONRenderer()
        self._stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
        self._files: dict[str, RotatingFileHandler] = {}

    def __call__(self, logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Copy *event* where it belongs, and pass it on."""
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
