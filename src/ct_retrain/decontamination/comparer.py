"""Compare rows with every protected problem: which rows are one, by which rule, and how near the others come.

Texts are looked up in indexes, so time grows with the rows rather than with rows times problems. Behaviour is
compared where ports agree, the most suspicious pairs first: a simulation per design, and a proof if samples
agree. Both are limited by number, because a budget of seconds would make results differ from run to run.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple, TypeAlias

from ct_retrain.core.progress import paced
from ct_retrain.decontamination.behaviour import Behaviour, BehaviourAnswer, BehaviourTools
from ct_retrain.decontamination.design import Rtl
from ct_retrain.decontamination.protected import References
from ct_retrain.decontamination.rules import Match, Rule
from ct_retrain.decontamination.texts import Candidate, ComparableRow, Texts
from ct_retrain.decontamination.traces import TracedModule
from ct_retrain.judge.fanout import at_once

Kind: TypeAlias = Literal["question", "rtl", "behaviour"]


class NearestProblem(NamedTuple):
    """A row that is not a problem, and the problem most like it."""

    kind: Kind
    """What was compared."""
    row: int
    suite: str
    problem: str
    similarity: float


class ComparisonLimits(NamedTuple):
    """What counts as equal, and how many pairs are compared."""

    similarity: float
    """Similarity of questions from which they count as the same."""
    simulations: int
    """Maximum pairs of row and golden whose samples are compared."""
    proofs: int
    """Maximum pairs given to the prover."""


class ComparisonCounts(NamedTuple):
    """Results for pairs of a row and a golden with equal ports, without rows that are refused."""

    different: int = 0
    unproved: int = 0
    """Pairs whose samples agree without a proof."""
    unseen: int = 0
    """Pairs of which one cannot be simulated."""
    unasked: int = 0
    """Pairs beyond the limits, or without simulator and prover."""


class ComparedRows(NamedTuple):
    """Result of a comparison; rows are numbered in the order given."""

    matches: dict[int, Match]
    near: tuple[NearestProblem, ...]
    """For rows that stay: the nearest problem by each kind, and every pair without a proof."""
    behaviour: ComparisonCounts


class _Pair(NamedTuple):
    """A row's design and a golden with equal ports."""

    row: int
    problem: int
    other: TracedModule
    similarity: float
    """Similarity of the questions."""
    suspicion: float


def _nobody(number: int, rtl: Rtl) -> None:
    del number, rtl


class Comparer:
    """Compares rows with one set of suites."""

    def __init__(
        self,
        references: References,
        limits: ComparisonLimits,
        laboratory: BehaviourTools | None = None,
        workers: int = 0,
    ) -> None:
        """Without *laboratory* only texts are compared; *workers* designs run in parallel, 0: as many as keep it busy."""
        self._references, self._limits = references, limits
        self._texts = Texts(references, limits.similarity)
        self._behaviour = Behaviour(laboratory) if laboratory else None
        self._workers = at_once(laboratory.simulator if laboratory else None, workers)

    def compare(self, rows: Iterable[Candidate], tell: Callable[[int, Rtl], None] = _nobody) -> ComparedRows:
        """Compare each of *rows*; call *tell* with the design of each that its texts do not refuse.

        The result depends only on rows, suites, limits, simulator and prover.
        """
        matches: dict[int, Match] = {}
        near: list[NearestProblem] = []
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

    def _nearest(
        self, row: int, likeness: dict[int, float], designs: dict[int, float]
    ) -> Iterator[NearestProblem]:
        kinds: tuple[tuple[Kind, dict[int, float]], ...] = (("question", likeness), ("rtl", designs))
        for kind, found in kinds:
            if found:
                number, similarity = max(found.items(), key=lambda item: (item[1], -item[0]))
                yield self._near(kind, row, number, similarity)

    def _near(self, kind: Kind, row: int, number: int, similarity: float) -> NearestProblem:
        problem = self._references.problems[number]
        return NearestProblem(kind, row, problem.suite, problem.id, round(similarity, 4))

    def _pairs(self, row: int, read: ComparableRow, designs: dict[int, float]) -> Iterator[_Pair]:
        if read.rtl is None:
            return
        small = read.rtl._replace(shingles=frozenset())
        for top, number in self._texts.same_ports(read):
            similarity = read.likeness.get(number, 0.0)
            yield _Pair(
                row, number, TracedModule(top, small), similarity, similarity + designs.get(number, 0.0)
            )

    def _behaviours(self, pairs: Sequence[_Pair]) -> dict[_Pair, BehaviourAnswer]:
        """Compare each of *pairs* within the limits: samples first, then proofs for those that agree."""
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
