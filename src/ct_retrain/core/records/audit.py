"""Results of checking a workspace or a night: breaches of invariants, remarks, and claims."""

from typing import Literal, TypeAlias

from ct_retrain.core.record import Record

Invariant: TypeAlias = Literal["I1", "I2", "I3", "I4", "I5", "history"]
"""The invariants of docs/design.md, and that the history holds every move of `latest_nightly`."""


class Breach(Record):
    """A breach of an invariant; it needs a person or a repair."""

    invariant: Invariant
    where: str
    """Path relative to the workspace."""
    what: str
    heal: str
    """What to do, as a command if there is one."""


class Remark(Record):
    """A leftover of a night, a crash or a wrong clock that breaks no invariant."""

    where: str
    """Path relative to the workspace."""
    what: str
    heal: str


class Audit(Record):
    """Result of checking a workspace."""

    nights: int
    """Number of nights on record."""
    manifests: int
    files: int
    """Number of files that the manifests name."""
    releases: int
    breaches: tuple[Breach, ...]
    remarks: tuple[Remark, ...]


class Claim(Record):
    """One statement in a night's record, and the result of checking it."""

    claim: str
    finding: Literal["confirmed", "denied", "unknown"]
    """`unknown` if it cannot be decided here: something is gone, or the tools differ from that night's."""
    why: str = ""
    """Reason for the finding; empty if it was confirmed without remarks."""


class Verification(Record):
    """Results for every claim of a night."""

    night: str
    claims: tuple[Claim, ...]

    @property
    def denied(self) -> bool:
        """Whether a claim was found to be false."""
        return any(claim.finding == "denied" for claim in self.claims)

    @property
    def doubtful(self) -> bool:
        """Whether a claim could not be decided."""
        return any(claim.finding == "unknown" for claim in self.claims)
