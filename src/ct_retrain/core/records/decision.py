"""Promote, Hold or Reject: what a night ends in, with the evidence that forced it."""

from typing import Annotated, Literal

from pydantic import Field

from ct_retrain.core.record import Record


class Comparison(Record):
    """Candidate minus incumbent over the same problems, seeds and tools; shares in [−1, 1]."""

    incumbent: Literal["champion", "mainline"]
    difference: float
    """Mean over problems of the difference in pass share."""
    low: float
    """Lower end of the two-sided interval at `confidence`."""
    high: float
    confidence: float
    p_value: float
    """One-sided test of "not better"."""
    test: Literal["sign-flip", "McNemar"] = "sign-flip"
    """Both are exact; McNemar's where a problem has one answer."""
    minimum_detectable: float
    """Smallest true difference that this many problems and samples would show, 80 times in 100."""
    problems: int
    samples: int
    """Samples a problem."""
    won: tuple[str, ...]
    """Problems whose pass share rose, biggest first."""
    lost: tuple[str, ...]


class Check(Record):
    """A floor or a guard: one number against one bound, with the n it rests on."""

    name: str
    value: float
    bound: float
    holds: bool
    sure: bool = True
    """False where *value* is on the wrong side of *bound*, but by no more than chance may do."""
    low: float = 0.0
    """Interval of *value*."""
    high: float = 1.0
    n: int
    """Samples behind *value*."""
    note: str = ""


class Evidence(Record):
    """Everything the decision looked at."""

    comparisons: tuple[Comparison, ...]
    checks: tuple[Check, ...]
    explanation: str
    """For a person, a fact a line: the outcome and why, the comparisons, and what would change it."""
    samples_needed: int | None = None
    """Answers a problem that would tell, where a Hold is a matter of answers and not of problems or of the model."""


class Promote(Record):
    """Better than last nightly, surely not worse than it and than mainline, no floor or guard broken."""

    kind: Literal["promote"] = "promote"
    evidence: Evidence


class Hold(Record):
    """The evidence cannot tell; nothing is published and the data is kept."""

    kind: Literal["hold"] = "hold"
    evidence: Evidence


class Reject(Record):
    """Worse, or a floor or a guard is broken."""

    kind: Literal["reject"] = "reject"
    evidence: Evidence


Decision = Annotated[Promote | Hold | Reject, Field(discriminator="kind")]
