"""A question for the judge and its answer."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from ct_retrain.core.record import Record, Tool


class Outcome(StrEnum):
    """Every way a simulation can end; only PASS is a pass, and a tool's failure is none of them."""

    PASS = "pass"  # noqa: S105 - no password
    COMPILE_ERROR = "compile_error"
    MISMATCH = "mismatch"
    TIMEOUT = "timeout"
    FORBIDDEN = "forbidden"
    NO_EVIDENCE = "no_evidence"
    RESOURCE_LIMIT = "resource_limit"
    DISPUTED = "disputed"
    """Passes as written, and fails as synthesis reads it: what passed is not what would be built."""
    UNCONFIRMED = "unconfirmed"
    """Passes as written, and synthesis cannot read it: nobody knows whether what passed can be built."""


FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
"""What a data file may be called."""


class DataFile(Record):
    """A file that a testbench reads, such as stimuli or expected values."""

    name: Annotated[str, Field(pattern=f"^{FILE_NAME.pattern}$")]
    text: str


class Design(Record):
    """RTL and the testbench that is to judge it, as text: jobs carry text, so no file system is shared."""

    rtl: str
    testbench: str
    files: tuple[DataFile, ...] = ()
    """What the testbench reads; they lie beside it while it runs, and the design may not open them."""
    expected: int | None = None
    """Checks that the golden's run made, where there is a golden: a pass on fewer is no pass."""
    cpu_seconds: int | None = None
    """Processor time that the simulation may take, where that is less than the judge's own limit."""


class Verdict(Record):
    """What the testbench said of the design, and how we know."""

    outcome: Outcome
    detail: str
    """One line for a person: the compiler's first error, the mismatches, the limit that was hit."""
    checks: int = 0
    """Comparisons the testbench reports to have made."""
    errors: int = 0
    """Comparisons that failed."""
    warnings: int = 0
    """Warnings of the compiler."""
    log: str = ""
    """End of the simulator's output, printable characters only."""
    second_log: str = ""
    """The same of the synthesised copy, where it disagrees."""
    tool: Tool

    @property
    def passed(self) -> bool:
        """Only PASS is a pass."""
        return self.outcome is Outcome.PASS
