"""What a look over a workspace or a night finds: breaches of the invariants, remarks that break nothing, claims."""

from typing import Literal, TypeAlias

from ct_retrain.core.record import Record

Invariant: TypeAlias = Literal["I1", "I2", "I3", "I4", "I5", "history"]
"""Those of docs/design.md, and that the history tells every move of the pointer."""


class Breach(Record):
    """Something on disk that breaks an invariant: nothing but a person or a repair makes it whole."""

    invariant: Invariant
    where: str
    """Path relative to the workspace."""
    what: str
    heal: str
    """What to do, as a command where there is one."""


class Remark(Record):
    """Something that a night, a crash or a clock left, and that breaks no invariant."""

    where: str
    """Path relative to the workspace."""
    what: str
    heal: str


class Audit(Record):
    """A workspace looked over."""

    nights: int
    """On record."""
    manifests: int
    files: int
    """That the manifests name."""
    releases: int
    breaches: tuple[Breach, ...]
    remarks: tuple[Remark, ...]


class Claim(Record):
    """One thing a night says of itself, and what came of looking into it."""

    claim: str
    finding: Literal["confirmed", "denied", "unknown"]
    """`unknown` where it cannot be told here: something that is needed is gone, or tools are others than that night."""
    why: str = ""
    """Empty where it was confirmed without anything to add."""


class Verification(Record):
    """What came of every claim of a night."""

    night: str
    claims: tuple[Claim, ...]

    @property
    def denied(self) -> bool:
        """Whether something is not as the night says."""
        return any(claim.finding == "denied" for claim in self.claims)

    @property
    def doubtful(self) -> bool:
        """Whether something cannot be told."""
        return any(claim.finding == "unknown" for claim in self.claims)
