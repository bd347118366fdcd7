"""What a night's mixture was compared with before training, what was refused, and how near the rest comes."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ct_retrain.core.record import Record, Sha256


class DecontaminationSettings(Record):
    """Which rows may not be trained on, because a benchmark asks for the same, and how many near ones may."""

    model_config = ConfigDict(strict=False, use_attribute_docstrings=True)
    """Lenient, for the environment knows only text."""

    protect: tuple[str, ...] = ()
    """Suites besides `benchmark.suite` and the built-in ones whose problems are never trained on, each as `benchmark.suite` takes it."""
    similarity: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of the words that tell a problem from others which a question must hold to count as the same question."""
    simulations: Annotated[int, Field(ge=0)] = 10_000
    """Pairs of a row and a golden with equal ports that are compared by simulation each night; 0 compares texts alone."""
    proofs: Annotated[int, Field(ge=0)] = 500
    """Pairs with equal samples that are given to the prover each night, `judge.proof_seconds` a step."""
    cluster_similarity: Annotated[float, Field(gt=0, le=1)] = 0.95
    """Estimated Jaccard similarity of canonical tokens from which two designs of one source are near-duplicates."""
    cluster_cap: Annotated[int, Field(ge=0)] = 50
    """Different rows of one cluster of near-duplicates that a night may mix in, each source by itself; 0 takes all."""


class ProtectedSuite(Record):
    """A suite whose problems no row may be."""

    name: str
    digest: Sha256
    """Over its problems, as scorecards name it."""
    problems: int
    unread: int = 0
    """What lies in the suite and is no usable problem: it protects nothing."""


class Neighbour(Record):
    """A row that is trained on and comes near a problem."""

    kind: Literal["question", "rtl", "behaviour"]
    """What is near: the words, the canonical tokens, or all simulated samples without a proof of equality."""
    row: str
    """Digest of question and answer, 16 hex digits."""
    source: str
    subject: str
    """Where the row comes from, as far as it says."""
    suite: str
    problem: str
    similarity: float
    """In [0, 1]; the distance is what is missing to 1."""

    @property
    def told(self) -> tuple[str, str, str, str]:
        """What is near, how near, the problem, and the row as well as it can be named: a line of a table."""
        row = self.subject or f"{self.source} row {self.row}"
        return self.kind, f"{self.similarity:.0%}", f"{self.problem} of {self.suite}", row


class ClusterFacts(Record):
    """Near-duplicates among the rows that may be trained on."""

    designs: int
    """Rows that hold RTL."""
    clusters: int
    """Groups of two and more."""
    largest: int
    cap: int
    """0: every row was taken."""
    left_out: dict[str, int] = Field(default={})
    """Source → rows beyond the cap, tonight."""


class Certificate(Record):
    """What was compared with what in one night."""

    version: Literal[1] = 1
    rules: str
    """Version of the rules."""
    suites: tuple[ProtectedSuite, ...]
    rows: dict[str, int]
    """Source → rows that were compared."""
    refused: dict[str, dict[str, int]]
    """Rule → source → rows that are not trained on."""
    different: int
    """Pairs of a row and a golden with equal ports that were seen to differ."""
    unproved: int
    """Such pairs that agree in every sample and are not proved equal: the row stays."""
    unseen: int
    """Such pairs of which one cannot be simulated: the row stays."""
    unasked: int
    """Such pairs beyond the limits, or without the tools: the row stays."""
    nearest: tuple[Neighbour, ...]
    """The rows of the mixture that come nearest to a problem, a few of each kind."""
    clusters: ClusterFacts

    @property
    def total_refused(self) -> int:
        """Rows that are not trained on."""
        return sum(sum(counts.values()) for counts in self.refused.values())


def certificate_lines(one: Certificate) -> list[str]:
    """*one* in sentences, for a terminal, a page and a notice."""
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
        f"{one.unseen} cannot be simulated, {one.unasked} were not looked at"
    )
    clusters = one.clusters
    lines.append(
        f"near-duplicates: {clusters.clusters} clusters among {clusters.designs} designs, the largest of "
        f"{clusters.largest}; {sum(clusters.left_out.values())} rows beyond the cap of {clusters.cap} left out tonight"
    )
    return lines


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{count} {source}" for source, count in rows.items() if count) or "0"
