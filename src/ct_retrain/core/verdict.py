"""A question for the judge and its answer."""

from enum import StrEnum

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


class Design(Record):
    """RTL and the testbench that is to judge it, as text: jobs carry text, so no file system is shared."""

    rtl: str
    testbench: str


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
    tool: Tool

    @property
    def passed(self) -> bool:
        """Only PASS is a pass."""
        return self.outcome is Outcome.PASS
