"""A design to judge, and the verdict."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from ct_retrain.core.record import Record, Tool


class Outcome(StrEnum):
    """How a simulation ended. Only PASS is a pass; failures of tools are exceptions, not outcomes."""

    PASS = "pass"  # noqa: S105 - no password
    COMPILE_ERROR = "compile_error"
    MISMATCH = "mismatch"
    TIMEOUT = "timeout"
    FORBIDDEN = "forbidden"
    NO_EVIDENCE = "no_evidence"
    RESOURCE_LIMIT = "resource_limit"
    DISPUTED = "disputed"
    """The design passes as written and fails as synthesised: hardware would differ from what passed."""
    UNCONFIRMED = "unconfirmed"
    """The design passes as written, and yosys cannot synthesise it, so the pass is not confirmed."""
    UNPROVEN = "unproven"
    """A proof decides, and there is none: the engines neither prove the design equal nor find a difference."""


FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
"""Pattern of a data file's name."""


class DataFile(Record):
    """A file that a testbench reads, such as stimuli or expected values."""

    name: Annotated[str, Field(pattern=f"^{FILE_NAME.pattern}$")]
    text: str


class ReferenceDesign(Record):
    """What a design is proved equal to, where no testbench judges it."""

    rtl: str
    """A right design, with every module that the answer does not bring."""
    module: str
    """The module of the reference that the answer brings."""


class Design(Record):
    """RTL and its testbench as text, so that no shared file system is needed."""

    rtl: str
    testbench: str
    """Empty if `equals` judges."""
    files: tuple[DataFile, ...] = ()
    """Files that the testbench reads; the design may not open them."""
    expected: int | None = None
    """Comparisons in the golden's run, if there is a golden; a pass on fewer is not a pass."""
    cpu_seconds: int | None = None
    """CPU seconds that the simulation may take, if fewer than the judge's own limit."""
    stops: bool = False
    """Only whether the design passes is asked: the simulation may end at the first counted error, if the
    count cannot fall."""
    equals: ReferenceDesign | None = None
    """Decides by proof, in place of the testbench."""


class Verdict(Record):
    """Outcome of judging a design, with its evidence."""

    outcome: Outcome
    detail: str
    """One line for a person: the compiler's first error, the mismatches, the limit that was hit."""
    checks: int = 0
    """Number of comparisons that the testbench reports."""
    errors: int = 0
    """Number of comparisons that failed."""
    warnings: int = 0
    """Number of compiler warnings."""
    log: str = ""
    """End of the simulator's output; printable characters only."""
    second_log: str = ""
    """End of the output of the synthesised copy's simulation, if it disagrees."""
    tool: Tool

    @property
    def passed(self) -> bool:
        """Only PASS is a pass."""
        return self.outcome is Outcome.PASS
