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
from ct_retrain.decontamination.clusters import sketch_of
from ct_retrain.decontamination.design import rtl_in
from ct_retrain.decontamination.findings import KnownFindings, NearText, SamePorts, TextFindings, TextKind
from ct_retrain.decontamination.protected import References
from ct_retrain.decontamination.rules import Match, Rule
from ct_retrain.decontamination.texts import Candidate, ComparableRow, Texts
from ct_retrain.decontamination.traces import TracedModule
from ct_retrain.judge.fanout import at_once
from ct_retrain.judge.simulators.cached import Cache

Kind: TypeAlias = TextKind | Literal["behaviour"]


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


def _nobody(number: int, sketch: bytes) -> None:
    del number, sketch


class Comparer:
    """Compares rows with one set of suites."""

    def __init__(
        self,
        references: References,
        limits: ComparisonLimits,
        laboratory: BehaviourTools | None = None,
        workers: int = 0,
        cache: Cache | None = None,
    ) -> None:
        """Without *laboratory* only texts are compared; *workers* designs run in parallel, 0: as many as keep it busy.

        What texts say is kept in *cache*, if given.
        """
        self._references, self._limits = references, limits
        self._texts = Texts(references, limits.similarity)
        self._known = KnownFindings(cache, references.suites, limits.similarity)
        self._behaviour = Behaviour(laboratory) if laboratory else None
        self._workers = at_once(laboratory.simulator if laboratory else None, workers)

    def compare(
        self, rows: Iterable[Candidate], tell: Callable[[int, bytes], None] = _nobody
    ) -> ComparedRows:
        """Compare each of *rows*; call *tell* with the sketch of each design that its texts do not refuse.

        The result depends only on rows, suites, limits, simulator and prover.
        """
        matches: dict[int, Match] = {}
        near: list[NearestProblem] = []
        pairs: list[_Pair] = []
        for number, row in enumerate(rows):
            found = self._known.of(row, self._found)
            if found.match is not None:
                matches[number] = found.match
                continue
            if found.sketch:
                tell(number, found.sketch)
            near += (self._near(one.kind, number, one.problem, one.similarity) for one in found.near)
            pairs += _pairs(number, row, found)
        self._known.close()
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

    def _found(self, row: Candidate) -> TextFindings:
        """Read the texts of *row* and compare them."""
        read = self._texts.read(row)
        match = self._texts.match(row, read)
        if match is not None:
            return TextFindings(match=match)
        designs = self._references.designs_like(read.rtl) if read.rtl else {}
        return TextFindings(
            near=tuple(_nearest(read.likeness, designs)),
            pairs=tuple(self._same_ports(read, designs)),
            clocked=read.rtl is not None and read.rtl.clocked,
            sketch=sketch_of(read.rtl.shingles) if read.rtl else b"",
        )

    def _same_ports(self, read: ComparableRow, designs: dict[int, float]) -> Iterator[SamePorts]:
        for top, number in self._texts.same_ports(read):
            similarity = read.likeness.get(number, 0.0)
            yield SamePorts(top, number, similarity, similarity + designs.get(number, 0.0))

    def _near(self, kind: Kind, row: int, number: int, similarity: float) -> NearestProblem:
        problem = self._references.problems[number]
        return NearestProblem(kind, row, problem.suite, problem.id, round(similarity, 4))

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


def _nearest(likeness: dict[int, float], designs: dict[int, float]) -> Iterator[NearText]:
    kinds: tuple[tuple[TextKind, dict[int, float]], ...] = (("question", likeness), ("rtl", designs))
    for kind, found in kinds:
        if found:
            number, similarity = max(found.items(), key=lambda item: (item[1], -item[0]))
            yield NearText(kind, number, similarity)


def _pairs(number: int, row: Candidate, found: TextFindings) -> Iterator[_Pair]:
    text = rtl_in(row.question, row.answer) if found.pairs else ""
    for one in found.pairs:
        subject = TracedModule(one.top, text, found.clocked)
        yield _Pair(number, one.problem, subject, one.similarity, one.suspicion)
