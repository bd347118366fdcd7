"""Whether mainline can be trained and measured, as known before a night."""

from ct_retrain.core.record import Record


class Readiness(Record):
    """What was found out about mainline without loading its weights."""

    found: str
    """One line about the model."""
    faults: tuple[str, ...] = ()
    """Why a night would fail at train or benchmark, each with what to do, worded as the night's error."""
    notes: tuple[str, ...] = ()
    """What a night would do that may surprise, each with the setting that changes it."""
