"""What can be known before a night: whether mainline can be trained and measured, and what the machine lacks."""

from ct_retrain.core.record import Record

SUITE = "suite"
"""What a Finding on the benchmark's suite is called: where it is not fine, no problem can be tried."""


class Finding(Record):
    """One thing that a night needs and that was looked at."""

    what: str
    found: str
    fine: bool
    """Whether a night gets by with it."""
    remedy: str = ""


class Readiness(Record):
    """What was found out about mainline without loading its weights."""

    found: str
    """One line about the model."""
    faults: tuple[str, ...] = ()
    """Why a night would fail at train or benchmark, each with what to do, worded as the night's error."""
    notes: tuple[str, ...] = ()
    """What a night would do that may surprise, each with the setting that changes it."""
