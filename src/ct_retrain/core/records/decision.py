"""The outcome of the gate: Promote, Hold or Reject, with its evidence."""

from typing import Annotated, Literal

from pydantic import Field

from ct_retrain.core.record import Record
from ct_retrain.core.records.arm import ArmId


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
    """One-sided p-value of the test of "not better"."""
    test: Literal["sign-flip", "McNemar"] = "sign-flip"
    """Name of the test; both are exact, and McNemar's is used with one answer per problem."""
    minimum_detectable: float
    """Smallest true difference that this many problems and samples detect with power 0.8."""
    problems: int
    samples: int
    """Samples per problem."""
    won: tuple[str, ...]
    """Problems whose pass share rose, biggest rise first."""
    lost: tuple[str, ...]


class Check(Record):
    """A floor or a guard: one number, its bound, and the number of samples behind it."""

    name: str
    value: float
    bound: float
    holds: bool
    sure: bool = True
    """False if *value* is on the wrong side of *bound*, but within what chance explains."""
    low: float = 0.0
    """Lower end of the interval of *value*."""
    high: float = 1.0
    n: int
    """Number of samples behind *value*."""
    note: str = ""


class Evidence(Record):
    """Everything that the decision is based on."""

    comparisons: tuple[Comparison, ...]
    checks: tuple[Check, ...]
    explanation: str
    """Explanation for a person, one fact per line: outcome, reason, comparisons, and what would change it."""
    samples_needed: int | None = None
    """Answers per problem that would decide a Hold; None if more answers would not."""


class ArmDecision(Record):
    """What the gate says of one of several arms that contend for publication on one night."""

    arm: ArmId
    kind: Literal["promote", "hold", "reject"]
    """`promote`: it passes the gate, and another one that is further ahead is published."""
    evidence: Evidence


class Promote(Record):
    """Better than the last nightly, surely not worse than it or mainline, and no floor or guard is broken."""

    kind: Literal["promote"] = "promote"
    evidence: Evidence
    arm: ArmId = "candidate"
    """The arm that is decided on."""
    others: tuple[ArmDecision, ...] = ()
    """What would have become of the other arms that contended tonight."""


class Hold(Record):
    """The evidence is not enough; nothing is published, and the data is kept."""

    kind: Literal["hold"] = "hold"
    evidence: Evidence
    arm: ArmId = "candidate"
    """The arm that is decided on."""
    others: tuple[ArmDecision, ...] = ()
    """What would have become of the other arms that contended tonight."""


class Reject(Record):
    """The candidate is worse, or a floor or a guard is broken."""

    kind: Literal["reject"] = "reject"
    evidence: Evidence
    arm: ArmId = "candidate"
    """The arm that is decided on."""
    others: tuple[ArmDecision, ...] = ()
    """What would have become of the other arms that contended tonight."""


Decision = Annotated[Promote | Hold | Reject, Field(discriminator="kind")]
