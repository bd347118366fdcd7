"""Notices to the team, and which channels received them."""

from typing import Literal

from pydantic import Field

from ct_retrain.core.record import Record

Beat = Literal["start", "success", "failure"]
"""The signal sent to a dead-man's switch."""


class Notice(Record):
    """One message: outcome in the title, then figures, reason, where to look, and what to do next."""

    night: str
    subject: str
    """Topic in one word: `outcome`, `broken`, `locked`, `disk` …"""
    key: str
    """Deduplication key: of notices with equal night, subject and key only one is sent."""
    level: Literal["info", "warning", "error"]
    title: str
    body: str
    """Plain text, readable at any width and in any font."""


class Posted(Record):
    """A notice in the outbox."""

    notice: Notice
    reached: tuple[str, ...] = ()
    """Channels that received it."""
    waiting: tuple[str, ...] = ()
    """Channels that failed and are tried again at the next opportunity."""
    tries: dict[str, int] = Field(default={})
    """Failing channel → number of tries."""
    given_up: dict[str, str] = Field(default={})
    """Channel that is no longer tried → its last error."""
