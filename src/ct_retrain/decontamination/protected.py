"""The suites that no row may come from, and indexes for looking rows up in them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.problem import Problem, Suite
from ct_retrain.decontamination.design import Rtl, Signature, read_rtl
from ct_retrain.decontamination.traces import TracedModule
from ct_retrain.decontamination.wording import ComparableQuestion, SimilarityIndex, question_words
from ct_retrain.suites.load import BUILT_IN, load_suite
from ct_retrain.verilog.modules import Module


class Protected(NamedTuple):
    """One problem in the form that rows are compared with."""

    suite: str
    id: str
    rtl: Rtl | None
    """The golden; None if it cannot be read, and then only the question is compared."""
    top: Module | None
    words: tuple[ComparableQuestion, ...]
    """Words of the question as asked, and of the spec if that differs."""


def protected_suites(names: Iterable[str], listed: Sequence[str], workspace: Path) -> list[Suite]:
    """Return the suites *names*, those of *listed*, and the built-in ones, each once.

    Raise UsageError naming the setting if a suite of *listed* cannot be read.
    """
    found: dict[str, Suite] = {}
    for name in (*names, *BUILT_IN):
        suite = load_suite(name, workspace)
        found.setdefault(suite.digest, suite)
    for name in listed:
        try:
            suite = load_suite(name, workspace)
        except (UsageError, OSError, ValueError) as error:
            message = f"decontamination.protect names {name!r}, which cannot be read: {error}; correct the path, or leave it out"
            raise UsageError(message) from error
        found.setdefault(suite.digest, suite)
    return list(found.values())


@lru_cache(maxsize=2)
def references_of(suites: tuple[Suite, ...]) -> "References":
    """Return the References of *suites*, read once: a night compares twice."""
    return References(suites)


class References:
    """Every protected problem, indexed by digest, ports and words."""

    def __init__(self, suites: Sequence[Suite]) -> None:
        """Read the goldens and the questions of *suites*."""
        self.suites = tuple(suites)
        grouped = [[_protected(suite.name, one) for one in suite.problems] for suite in suites]
        self.problems = [one for suite in grouped for one in suite]
        self.by_canonical: defaultdict[str, list[int]] = defaultdict(list)
        self.by_shape: defaultdict[str, list[int]] = defaultdict(list)
        self.by_statements: defaultdict[frozenset[str], list[int]] = defaultdict(list)
        self.by_signature: defaultdict[Signature, list[int]] = defaultdict(list)
        self.by_question: dict[str, int] = {}
        for number, one in enumerate(self.problems):
            self._file(number, one)
        self._owners = [number for number, one in enumerate(self.problems) for _ in one.words]
        self._questions = SimilarityIndex(
            [[words.features for one in suite for words in one.words] for suite in grouped]
        )
        self._designs = SimilarityIndex(
            [[one.rtl.shingles if one.rtl else frozenset() for one in suite] for suite in grouped]
        )

    def questions_like(self, words: ComparableQuestion) -> dict[int, float]:
        """Return problem number → similarity of its question, for the nearest ones."""
        found: dict[int, float] = {}
        for number, similarity in self._questions.nearest(words.features, 20):
            found.setdefault(self._owners[number], similarity)
        return found

    def designs_like(self, rtl: Rtl) -> dict[int, float]:
        """Return problem number → similarity of its golden's tokens, for the nearest ones."""
        return dict(self._designs.nearest(rtl.shingles, 20))

    def with_statements(self, rtl: Rtl) -> list[int]:
        """Return the problems whose golden has the statements of *rtl*, or of one of its modules."""
        found = list(self.by_statements.get(rtl.statements, ()))
        if len(rtl.statements) > 1:
            found += (
                n for one in sorted(rtl.statements) for n in self.by_statements.get(frozenset({one}), ())
            )
        return found

    def subject(self, number: int) -> TracedModule | None:
        """Return the golden of a problem in the form for simulation; None if it cannot be read."""
        problem = self.problems[number]
        if problem.top is None or problem.rtl is None:
            return None
        return TracedModule(problem.top, problem.rtl.text, problem.rtl.clocked)

    def _file(self, number: int, one: Protected) -> None:
        for words in one.words:
            if words.exact:
                self.by_question.setdefault(words.exact, number)
        if one.rtl is None:
            return
        self.by_canonical[one.rtl.canonical].append(number)
        self.by_shape[one.rtl.shape].append(number)
        if one.rtl.statements:
            self.by_statements[one.rtl.statements].append(number)
        if one.top is not None:
            self.by_signature[one.rtl.signature(one.top)].append(number)


def _protected(suite: str, problem: Problem) -> Protected:
    rtl = read_rtl(problem.golden)
    tops = [top for top in rtl.tops if top.name == problem.top] or list(rtl.tops[:1]) if rtl else []
    texts = dict.fromkeys((problem.question, problem.spec))
    return Protected(suite, problem.id, rtl, tops[0] if tops else None, tuple(map(question_words, texts)))
