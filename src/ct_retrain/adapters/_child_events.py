"""Carry log events, and the final error, from a child process of ours to its parent.

The child writes each as a JSON line to its standard output, which holds nothing else; what libraries print
goes to its standard error. The parent logs and raises them as if there were no process in between.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Generator
from typing import Any, TextIO

import structlog
from pydantic import TypeAdapter, ValidationError

from ct_retrain.adapters._memory import OutOfMemoryError
from ct_retrain.core import errors
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.core.record import Record

_OURS = "ct_retrain"


class Event(Record):
    """A log event with its keys, including progress."""

    level: str
    event: str
    details: dict[str, Any]


class Message(Record):
    """A line from the standard library's logging."""

    logger: str
    level: int
    message: str


class ChildFailure(Record):
    """The error that ended the child."""

    error: str
    """Name of a class of `core.errors`."""
    reason: str
    exhausted: bool
    """Whether memory ran out."""

    def raised(self) -> CtRetrainError:
        """Return the child's error, or the nearest class of `core.errors`."""
        kind: type[CtRetrainError] = getattr(errors, self.error)
        return kind(self.reason)


_SAID: TypeAdapter[Event | Message | ChildFailure] = TypeAdapter(Event | Message | ChildFailure)


class Listener:
    """Reads the lines of one child; `failure` is the error that ended it, if it sent one."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self.failure: ChildFailure | None = None

    def hear(self, line: str) -> None:
        """Log what *line* says, or keep it as the child's failure; ignore lines of another form."""
        try:
            said = _SAID.validate_json(line)
        except ValidationError:
            return
        match said:
            case ChildFailure():
                self.failure = said
            case Message():
                logging.getLogger(said.logger).log(said.level, "%s", said.message)
            case Event():
                if structlog.is_configured():  # do not flood a library caller who reads no log
                    log: Any = structlog.get_logger(_OURS)
                    getattr(log, said.level)(said.event, **said.details)


@contextlib.contextmanager
def forwarding(*, events: bool = True) -> Generator[None]:
    """In the child: send log *events*, and an error of ours, to standard output; such an error ends the
    process.
    """
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as channel:
        os.dup2(2, 1)
        if events:
            _send_logs(channel)
        try:
            yield
        except CtRetrainError as error:
            kind = type(errors.portable(error))
            exhausted = isinstance(error, OutOfMemoryError)
            failure = ChildFailure(error=kind.__name__, reason=str(error), exhausted=exhausted)
            channel.write(failure.model_dump_json() + "\n")
            sys.exit(error.exit_code)


def _send_logs(channel: TextIO) -> None:
    def event(_logger: Any, level: str, words: Any) -> str:
        name = str(words.pop("event"))
        return Event(level=level, event=name, details=dict(words)).model_dump_json(fallback=str)

    structlog.configure(processors=[event], logger_factory=structlog.WriteLoggerFactory(channel))
    messages: Any = logging.StreamHandler(channel)
    messages.format = lambda record: Message(
        logger=record.name, level=record.levelno, message=record.getMessage()
    ).model_dump_json()
    ours = logging.getLogger(_OURS)
    ours.addHandler(messages)
    ours.propagate = False
