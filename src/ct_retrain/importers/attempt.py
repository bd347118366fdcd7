"""One simulation that somebody else's record tells of."""

from datetime import datetime
from typing import Literal, NamedTuple


class ImportedAttempt(NamedTuple):
    """A design with its testbench and what was said of it."""

    run: str
    """Name of the conversation, sample or build that it belongs to; attempts of one run follow each other."""
    spec: str
    rtl: str
    testbench: str
    status: Literal["pass", "fail"]
    """What the record says; nobody here has simulated it."""
    log: str
    """The simulator's output as the record has it; may be empty."""
    generator: str = ""
    """The model that wrote the design; "" if the record names none."""
    category: str = ""
    files: tuple[tuple[str, bytes], ...] = ()
    """Name and content of files that the testbench reads."""
    when: datetime | None = None
    """When it was recorded, with time zone; None if the record does not say."""
