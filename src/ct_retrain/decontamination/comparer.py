"""Compares rows with every protected problem: which rows are one, by which rule, and how near the others come.

Texts are looked up in indexes, so time grows with the rows and not with rows times problems. Behaviour is looked at
where ports agree, the most suspicious pairs first: a simulation a design, and a proof where samples agree. Both are
limited by number: what a budget of seconds leaves out would differ from run to run.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple, TypeAlias

from ct_retrain.core.progress import paced
from ct_retrain.decontamination.behaviour import Behaviour, BehaviourAnswer, Laboratory
from ct_retrain.decontamination.design import Rtl
from ct_retrain.decontamination.protected import References
from ct_retrain.decontamination.rules import Match, Rule
from ct_retrain.decontamination.texts import Candidate, Read, Texts
from ct_retrain.decontamination.traces import Subject
from ct_retrain.judge.fanout import at_once

Kind: TypeAlias = Literal["question", "rtl", "behaviour"]


class Near(NamedTuple):
    """A row that is no problem, and the problem that it is most like."""

    kind: Kind
    """What was compared."""
    row: int
    suite: str
    problem: str
    similarity: float


class ComparisonLimits(NamedTuple):
    """What counts as alike, and how much may be looked at."""

    similarity: float
    """Of questions, from which on they are the same question."""
    simulations: int
    """Pairs of row and golden whose samples are compared."""
    proofs: int
    """Pairs that a proof is asked for."""


class ComparisonCounts(NamedTuple):
    """How many pairs of a row and a golden with the same ports came to what, rows that are refused not counted."""

    different: int = 0
    unproved: int = 0
    """The samples agree and nobody can prove more."""
    unseen: int = 0
    """One of the two cannot be simulated."""
    unasked: int = 0
    """Beyond the limits, or without simulator and prover."""


class ComparedRows(NamedTuple):
    """What came of a comparison; rows are numbered as they were given."""

    matches: dict[int, Match]
    near: tuple[Near, ...]
    """Of the rows that stay: for each kind the problem that is nearest, and every pair without a proof."""
    behaviour: ComparisonCounts


class _Pair(NamedTuple):
    """A row's design and a golden of the same ports."""

    row: int
    problem: int
    other: Subject
    similarity: float
    """Of the questions."""
    suspicion: float


def _nobody(number: int, rtl: Rtl) -> None:
    del number, rtl


class Comparer:
    """Compares with one set of suites."""

    def __init__(
        self,
        references: References,
        limits: ComparisonLimits,
        laboratory: Laboratory | None = None,
        workers: int = 0,
    ) -> None:
        """Without *laboratory* texts alone are compared; *workers* designs are looked at at once, 0: as many as keep it busy."""
        self._references, self._limits = references, limits
        self._texts = Texts(references, limits.similarity)
        self._behaviour = Behaviour(laboratory) if laboratory else None
        self._workers = at_once(laboratory.simulator if laboratory else None, workers)

    def compare(self, rows: Iterable[Candidate], tell: Callable[[int, Rtl], None] = _nobody) -> ComparedRows:
        """Look at each of *rows*, and *tell* of the design of each that its texts do not give away.

        The answer depends on nothing but rows, suites, limits, simulator and prover.
        """
        matches: dict[int, Match] = {}
        near: list[Near] = []
        pairs: list[_Pair] = []
        for number, row in enumerate(rows):
            read = self._texts.read(row)
            found = self._texts.match(row, read)
            if found is not None:
                matches[number] = found
                continue
            if read.rtl:
                tell(number, read.rtl)
            designs = self._references.designs_like(read.rtl) if read.rtl else {}
            near += self._nearest(number, read.likeness, designs)
            pairs += self._pairs(number, read, designs)
        pairs.sort(key=lambda pair: (-pair.suspicion, pair.row, pair.problem))
        ends = self._behaviours(pairs) if self._behaviour else {}
        for pair, end in ends.items():
            if end is BehaviourAnswer.EQUAL:
                proved = self._texts.found(Rule.EQUIVALENT_RTL, pair.problem, pair.similarity)
                matches.setdefault(pair.row, proved)
            elif end is BehaviourAnswer.UNPROVED:
                near.append(self._near("behaviour", pair.row, pair.problem, 1.0))
        stayed = tuple(one for one in near if one.row not in matches)
        left = Counter(ends.get(pair) for pair in pairs if pair.row not in matches)
        looks = ComparisonCounts(
            *(
                left[end]
                for end in (BehaviourAnswer.DIFFERENT, BehaviourAnswer.UNPROVED, BehaviourAnswer.UNSEEN, None)
            )
        )
        return ComparedRows(dict(sorted(matches.items())), stayed, looks)

    def _nearest(self, row: int, likeness: dict[int, float], designs: dict[int, float]) -> Iterator[Near]:
        kinds: tuple[tuple[Kind, dict[int, float]], ...] = (("question", likeness), ("rtl", designs))
        for kind, found in kinds:
            if found:
                number, similarity = max(found.items(), key=lambda item: (item[1], -item[0]))
                yield self._near(kind, row, number, similarity)

    def _near(self, kind: Kind, row: int, number: int, similarity: float) -> Near:
        problem = self._references.problems[number]
        return Near(kind, row, problem.suite, problem.id, round(similarity, 4))

    def _pairs(self, row: int, read: Read, designs: dict[int, float]) -> Iterator[_Pair]:
        if read.rtl is None:
            return
        small = read.rtl._replace(shingles=frozenset())
        for top, number in self._texts.same_ports(read):
            similarity = read.likeness.get(number, 0.0)
            yield _Pair(row, number, Subject(top, small), similarity, similarity + designs.get(number, 0.0))

    def _behaviours(self, pairs: Sequence[_Pair]) -> dict[_Pair, BehaviourAnswer]:
        """What came of each of *pairs*, as far as the limits go; samples first, then proofs for those that agree."""
        ends: dict[_Pair, BehaviourAnswer] = {}
        chosen = pairs[: self._limits.simulations]
        with ThreadPoolExecutor(self._workers, thread_name_prefix="decontamination") as pool:
            seen = paced(pool.map(self._orders, chosen), "decontamination: designs", len(chosen))
            agreeing: list[tuple[_Pair, tuple[int, ...]]] = []
            for pair, orders in zip(chosen, seen, strict=True):
                if orders:
                    agreeing.append((pair, orders))
                else:
                    ends[pair] = BehaviourAnswer.UNSEEN if orders is None else BehaviourAnswer.DIFFERENT
            asked = agreeing[: self._limits.proofs]
            answers = paced(pool.map(self._proof, asked), "decontamination: proofs", len(asked))
            return ends | dict(zip((pair for pair, _ in asked), answers, strict=True))

    def _orders(self, pair: _Pair) -> tuple[int, ...] | None:
        golden = self._references.subject(pair.problem)
        if self._behaviour is None or golden is None:
            return None
        return self._behaviour.candidates(golden, pair.other)

    def _proof(self, asked: tuple[_Pair, tuple[int, ...]]) -> BehaviourAnswer:
        pair, orders = asked
        golden = self._references.subject(pair.problem)
        if self._behaviour is None or golden is None:
            return BehaviourAnswer.UNSEEN
        return self._behaviour.compare(golden, pair.other, orders)
