"""How sure an example is, as an order: proven, then bounded by its depth, then simulated by its testbench's worth.

A bound is never a proof, and what formal tools cannot say takes nothing away from what simulation said.
"""

from enum import StrEnum
from functools import total_ordering
from typing import Annotated

from pydantic import Field

from ct_retrain.core.record import Record


class Level(StrEnum):
    """From strongest to weakest."""

    PROVEN = "proven"
    BOUNDED = "bounded"
    SIMULATED = "simulated"


@total_ordering
class Assurance(Record):
    """A level, and within it the number that orders it; of two, the greater is the surer."""

    level: Level
    depth: Annotated[int, Field(ge=0)] = 0
    """Of `bounded`: steps without a failure."""
    credibility: Annotated[float, Field(ge=0, le=1)] | None = None
    """Of `simulated`: the testbench's score; None where nobody measured it, which is less than any score."""

    def __lt__(self, other: "Assurance") -> bool:
        return self._rank() < other._rank()

    def __str__(self) -> str:
        """As people write it: `bounded(20)`, `simulated(0.85)`."""
        if self.level is Level.BOUNDED:
            return f"{self.level}({self.depth})"
        if self.level is Level.SIMULATED and self.credibility is not None:
            return f"{self.level}({self.credibility:g})"
        return str(self.level)

    def _rank(self) -> tuple[int, int, float]:
        known = -1.0 if self.credibility is None else self.credibility
        match self.level:
            case Level.PROVEN:
                return 2, 0, 0.0
            case Level.BOUNDED:
                return 1, self.depth, 0.0
            case Level.SIMULATED:
                return 0, 0, known


def assurance(status: str | None = None, depth: int = 0, credibility: float | None = None) -> Assurance:
    """The level of an example that passes simulation, from what a formal tool said of it, if one was asked.

    *status* is a `judge.formal.proof.Status`; every word but `proved`, and `bounded` with a depth, leaves simulation alone.
    """
    if status == "proved":
        return Assurance(level=Level.PROVEN)
    if status == "bounded" and depth > 0:
        return Assurance(level=Level.BOUNDED, depth=depth)
    return Assurance(level=Level.SIMULATED, credibility=credibility)
