"""What the team is told about a night, and whom it reached."""

from typing import Literal

from pydantic import Field

from ct_retrain.core.record import Record

Beat = Literal["start", "success", "failure"]
"""What a dead-man's switch is told of a night."""


class Notice(Record):
    """One message: the outcome in the title, then the figures that matter, why, where to look and what to do next."""

    night: str
    subject: str
    """What it is about, in a word: `outcome`, `broken`, `locked`, `disk` …"""
    key: str
    """Of two notices of a night and subject with the same key, only one is sent."""
    level: Literal["info", "warning", "error"]
    title: str
    body: str
    """Plain text; it may be read in any width and any font."""


class Posted(Record):
    """A notice in the outbox."""

    notice: Notice
    reached: tuple[str, ...] = ()
    """Channels that have it."""
    waiting: tuple[str, ...] = ()
    """Channels that were not reached: they are tried again at the next chance."""
    tries: dict[str, int] = Field(default={})
    """Channel that was not reached → chances it had."""
    given_up: dict[str, str] = Field(default={})
    """Channel that is not tried any more → what it said last."""
