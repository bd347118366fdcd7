"""What a night's training mixture was compared with, what was refused, and how near the other rows come."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ct_retrain.core.record import Record, Sha256


class DecontaminationSettings(Record):
    """Rows that are too close to benchmark problems to be trained on."""

    model_config = ConfigDict(strict=False, use_attribute_docstrings=True)
    """Lenient, because environment variables are text."""

    protect: tuple[str, ...] = ()
    """Suites, besides `benchmark.suite` and the built-in ones, whose problems are never trained on."""
    similarity: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of a problem's distinguishing words that makes a question count as the same."""
    simulations: Annotated[int, Field(ge=0)] = 10_000
    """Pairs of a row and a golden with equal ports simulated each night; 0 compares only texts."""
    proofs: Annotated[int, Field(ge=0)] = 500
    """Pairs with equal samples given to the prover each night, `judge.proof_seconds` per step."""
    cluster_similarity: Annotated[float, Field(gt=0, le=1)] = 0.95
    """Estimated Jaccard similarity of canonical tokens above which designs of one source are near-duplicates.
    """
    cluster_cap: Annotated[int, Field(ge=0)] = 50
    """Maximum different rows of one cluster of near-duplicates in a night, per source; 0 is no limit."""


class ProtectedSuite(Record):
    """A suite whose problems must not occur among the rows."""

    name: str
    digest: Sha256
    """Digest of its problems, as in scorecards."""
    problems: int
    unread: int = 0
    """Number of items in the suite that are not usable problems and so protect nothing."""


class Neighbour(Record):
    """A trained row that comes near a problem."""

    kind: Literal["question", "rtl", "behaviour"]
    """What is near: the words, the canonical tokens, or equality in all simulated samples without a proof."""
    row: str
    """Digest of question and answer (16 hex digits)."""
    source: str
    subject: str
    """Where the row comes from, if it says so."""
    suite: str
    problem: str
    similarity: float
    """Similarity in [0, 1]; the distance is 1 minus it."""

    @property
    def told(self) -> tuple[str, str, str, str]:
        """One table line: what is near, how near, the problem, and the row."""
        row = self.subject or f"{self.source} row {self.row}"
        return self.kind, f"{self.similarity:.0%}", f"{self.problem} of {self.suite}", row


class ClusterFacts(Record):
    """Near-duplicates among the rows that may be trained on."""

    designs: int
    """Number of rows that hold RTL."""
    clusters: int
    """Number of clusters of two or more."""
    largest: int
    cap: int
    """Maximum rows per cluster; 0 took every row."""
    left_out: dict[str, int] = Field(default={})
    """Source → rows left out tonight because of the cap."""


class Certificate(Record):
    """What was compared in one night."""

    version: Literal[1] = 1
    rules: str
    """Version of the rules."""
    suites: tuple[ProtectedSuite, ...]
    rows: dict[str, int]
    """Source → number of rows compared."""
    refused: dict[str, dict[str, int]]
    """Rule → source → number of rows refused."""
    different: int
    """Pairs of a row and a golden with equal ports that were shown to differ."""
    unproved: int
    """Pairs with equal ports that agree in every sample without a proof of equality; the row stays."""
    unseen: int
    """Pairs with equal ports that cannot be simulated; the row stays."""
    unasked: int
    """Pairs with equal ports not examined, because of limits or missing tools; the row stays."""
    nearest: tuple[Neighbour, ...]
    """The rows of the mixture nearest to a problem, a few of each kind."""
    clusters: ClusterFacts

    @property
    def total_refused(self) -> int:
        """Number of rows refused."""
        return sum(sum(counts.values()) for counts in self.refused.values())


def certificate_lines(one: Certificate) -> list[str]:
    """Describe *one* in sentences, for a terminal, a page or a notice."""
    suites = ", ".join(f"{suite.name} ({suite.problems})" for suite in one.suites) or "no suite"
    lines = [f"{_counted(one.rows)} rows compared with the problems of {suites}"]
    refused = [f"{sum(rows.values())} {rule.replace('_', ' ')}" for rule, rows in one.refused.items()]
    lines.append(f"refused as benchmark problems: {', '.join(refused) or 'none'}")
    unread = {suite.name: suite.unread for suite in one.suites if suite.unread}
    if unread:
        missing = ", ".join(f"{count} of {name}" for name, count in unread.items())
        lines.append(f"not readable as problems, so not protected: {missing}")
    lines.append(
        f"designs with a golden's ports: {one.different} pairs differ, {one.unproved} agree without a proof, "
        f"{one.unseen} cannot be simulated, {one.unasked} were not examined"
    )
    clusters = one.clusters
    lines.append(
        f"near-duplicates: {clusters.clusters} clusters among {clusters.designs} designs, the largest with "
        f"{clusters.largest}; {sum(clusters.left_out.values())} rows beyond the cap of {clusters.cap} left out tonight"
    )
    return lines


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{count} {source}" for source, count in rows.items() if count) or "0"
