"""Decide which rows may be trained on: no benchmark problems, few near-duplicates; write the certificate."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ct_retrain.core.record import digest
from ct_retrain.core.records.certificate import (
    Certificate,
    ClusterFacts,
    DecontaminationSettings,
    Neighbour,
    ProtectedSuite,
)
from ct_retrain.core.records.problem import Suite
from ct_retrain.decontamination.behaviour import BehaviourTools
from ct_retrain.decontamination.clusters import Clusters, beyond
from ct_retrain.decontamination.comparer import ComparedRows, Comparer, ComparisonLimits, NearestProblem
from ct_retrain.decontamination.protected import references_of
from ct_retrain.decontamination.rules import RULES_VERSION, Match
from ct_retrain.decontamination.texts import Candidate
from ct_retrain.judge.simulators.cached import Cache

_SHOWN = 5
"""Number of nearest rows of each kind that a certificate names."""


class Protection(NamedTuple):
    """What rows are compared with, and how."""

    suites: tuple[Suite, ...] = ()
    settings: DecontaminationSettings = DecontaminationSettings()
    laboratory: BehaviourTools | None = None
    """Tools for comparing behaviour; None compares only texts."""
    workers: int = 0
    open_cache: Callable[[], Cache] | None = None
    """Where what texts say is kept from night to night; None reads every text."""

    @property
    def key(self) -> str:
        """Digest of everything, except the tools, that can change what is refused."""
        suites = sorted(suite.digest for suite in self.suites)
        settings = self.settings.model_dump(mode="json", exclude={"protect"})
        return digest(RULES_VERSION, settings, *suites)

    def comparer(self) -> Comparer:
        """Return what compares rows with the suites."""
        settings = self.settings
        limits = ComparisonLimits(settings.similarity, settings.simulations, settings.proofs)
        cache = self.open_cache() if self.open_cache else None
        return Comparer(references_of(self.suites), limits, self.laboratory, self.workers, cache)


class Cleaned(NamedTuple):
    """Result of the comparison; rows are numbered in the order given."""

    rows: tuple[Candidate, ...]
    compared: ComparedRows
    left_out: frozenset[int]
    """Rows left out tonight because of a cluster's cap."""
    clusters: ClusterFacts

    @property
    def kept(self) -> list[int]:
        """Rows that may be trained on tonight."""
        gone = self.compared.matches.keys() | self.left_out
        return [number for number in range(len(self.rows)) if number not in gone]

    @property
    def refused(self) -> Mapping[int, Match]:
        """Rows that are benchmark problems."""
        return self.compared.matches


def decontaminate(rows: Sequence[Candidate], protection: Protection, seed: int) -> Cleaned:
    """Compare *rows* with every suite of *protection*; *seed* draws which near-duplicates are kept."""
    settings = protection.settings
    grown: defaultdict[str, Clusters] = defaultdict(lambda: Clusters(settings.cluster_similarity))
    compared = protection.comparer().compare(
        rows, lambda number, sketch: grown[rows[number].source].add(number, sketch)
    )
    groups = [
        tuple(key for key in group if key not in compared.matches)
        for one in grown.values()
        for group in one.groups()
    ]
    several = [group for group in groups if len(group) > 1]
    left_out = beyond(several, settings.cluster_cap, seed)
    facts = ClusterFacts(
        designs=sum(one.designs for one in grown.values()),
        clusters=len(several),
        largest=max(map(len, several), default=0),
        cap=settings.cluster_cap,
        left_out=_by_source(rows, left_out),
    )
    return Cleaned(tuple(rows), compared, left_out, facts)


def certificate(cleaned: Cleaned, protection: Protection, taken: Iterable[str]) -> Certificate:
    """Return the Certificate of a mixture of the rows with the ids *taken*, among those *cleaned*."""
    rows, compared, looks = cleaned.rows, cleaned.compared, cleaned.compared.behaviour
    refused: defaultdict[str, list[int]] = defaultdict(list)
    for number, match in compared.matches.items():
        refused[match.rule.value].append(number)
    return Certificate(
        rules=RULES_VERSION,
        suites=tuple(
            ProtectedSuite(
                name=suite.name,
                digest=suite.digest,
                problems=len(suite.problems),
                unread=len(suite.rejected),
            )
            for suite in protection.suites
        ),
        rows=_by_source(rows, range(len(rows))),
        refused={rule: _by_source(rows, numbers) for rule, numbers in sorted(refused.items())},
        different=looks.different,
        unproved=looks.unproved,
        unseen=looks.unseen,
        unasked=looks.unasked,
        nearest=_nearest(cleaned, frozenset(taken)),
        clusters=cleaned.clusters,
    )


def _by_source(rows: Sequence[Candidate], numbers: Iterable[int]) -> dict[str, int]:
    return dict(sorted(Counter(rows[number].source for number in numbers).items()))


def _nearest(cleaned: Cleaned, taken: frozenset[str]) -> tuple[Neighbour, ...]:
    """Return the most similar rows of each kind, each row once; ties are ordered by the row's id."""
    found: dict[tuple[str, str], NearestProblem] = {}
    ids = [row.id for row in cleaned.rows]
    for one in cleaned.compared.near:
        if ids[one.row] in taken:
            found.setdefault((one.kind, ids[one.row]), one)
    ordered = sorted(found.values(), key=lambda one: (-one.similarity, ids[one.row]))
    return tuple(
        Neighbour(
            kind=one.kind,
            row=ids[one.row],
            source=cleaned.rows[one.row].source,
            subject=cleaned.rows[one.row].subject,
            suite=one.suite,
            problem=one.problem,
            similarity=one.similarity,
        )
        for kind in ("question", "rtl", "behaviour")
        for one in [near for near in ordered if near.kind == kind][:_SHOWN]
    )
