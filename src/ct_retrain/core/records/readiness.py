"""Whether mainline can be trained and measured, told before a night."""

from ct_retrain.core.record import Record


class Readiness(Record):
    """What was found out about mainline without loading its weights."""

    found: str
    """What mainline is, in a line."""
    faults: tuple[str, ...] = ()
    """Why a night would break at train or benchmark, each with what to do; the words are those of the night."""
    notes: tuple[str, ...] = ()
    """What a night would do that a person may not expect, each with the setting that changes it."""
