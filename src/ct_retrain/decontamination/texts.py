"""Compare a row's texts with the problems, and list the goldens beside which its design should be simulated."""

from collections.abc import Iterator
from typing import NamedTuple

from ct_retrain.core.record import digest
from ct_retrain.decontamination.design import Rtl, read_rtl, rtl_in
from ct_retrain.decontamination.protected import Protected, References
from ct_retrain.decontamination.rules import Match, Rule
from ct_retrain.decontamination.wording import ComparableQuestion, agreement, question_words
from ct_retrain.verilog.extract import find_rtl
from ct_retrain.verilog.modules import Module


class Candidate(NamedTuple):
    """A row that may go into the mixture."""

    question: str
    answer: str
    source: str
    """Source: delta, repair, gold or general."""
    subject: str = ""
    """Origin, for people."""

    @property
    def id(self) -> str:
        """Digest of the row's content: 16 hex digits."""
        return digest(self.question, self.answer)[:16]


class ComparableRow(NamedTuple):
    """A row in the form that is compared."""

    words: ComparableQuestion
    rtl: Rtl | None
    """RTL of the answer."""
    likeness: dict[int, float]
    """Problem → similarity of the questions, for the nearest ones."""


SURE = 0.9
"""Share of a problem's weight from which a question contains it, whatever surrounds it."""
NUMBERS = 0.75
"""Share of numbers that similar questions must have in common: 8 bits are another problem than 12."""
CORROBORATED = 0.4
"""Similarity of the questions from which an equal trivial design counts."""
QUOTED = 60
"""Minimum characters of a question that counts as copied if it occurs verbatim in a problem's."""


class Texts:
    """Compares the texts of rows with those of problems."""

    def __init__(self, references: References, similarity: float) -> None:
        """Questions from *similarity* on are the same."""
        self._references, self._similarity = references, similarity

    def read(self, row: Candidate) -> ComparableRow:
        """Return *row* in the form that is compared."""
        words = question_words(row.question)
        text = rtl_in(row.question, row.answer)
        return ComparableRow(words, read_rtl(text) if text else None, self._references.questions_like(words))

    def match(self, row: Candidate, read: ComparableRow) -> Match | None:
        """Return the problem that *row* is by its texts alone, if any."""
        quoted = find_rtl(row.question)
        return (
            self._copied_question(read)
            or self._same_rtl(read, read.rtl)
            or self._same_rtl(read, read_rtl(quoted) if quoted else None)
            or self._similar_question(read)
        )

    def same_ports(self, read: ComparableRow) -> Iterator[tuple[Module, int]]:
        """Return the row's tops and the problems whose golden has their ports; trivial ones only if they
        count.
        """
        for top in read.rtl.tops if read.rtl else ():
            for number in self._references.by_signature.get(read.rtl.signature(top), ()) if read.rtl else ():
                if top.ports and self._counts(number, read, read.rtl):
                    yield top, number

    def found(self, rule: Rule, number: int, similarity: float) -> Match:
        """Return the Match of problem *number* by *rule*."""
        problem = self._references.problems[number]
        return Match(rule, problem.suite, problem.id, round(similarity, 4))

    def _copied_question(self, read: ComparableRow) -> Match | None:
        references, exact = self._references, read.words.exact
        if exact in references.by_question:
            return self.found(Rule.COPIED_QUESTION, references.by_question[exact], 1.0)
        for number, similarity in read.likeness.items():
            texts = [words.exact for words in references.problems[number].words]
            holds = similarity >= SURE and any(text in exact for text in texts)
            held = (
                similarity >= CORROBORATED and len(exact) >= QUOTED and any(exact in text for text in texts)
            )
            if holds or held:
                return self.found(Rule.COPIED_QUESTION, number, similarity)
        return None

    def _same_rtl(self, read: ComparableRow, rtl: Rtl | None) -> Match | None:
        if rtl is None:
            return None
        references = self._references
        for rule, numbers in (
            (Rule.COPIED_RTL, references.by_canonical.get(rtl.canonical, ())),
            (Rule.RENAMED_RTL, references.by_shape.get(rtl.shape, ())),
            (Rule.REORDERED_RTL, references.with_statements(rtl)),
        ):
            for number in numbers:
                if self._counts(number, read, rtl):
                    return self.found(rule, number, read.likeness.get(number, 0.0))
        return None

    def _counts(self, number: int, read: ComparableRow, rtl: Rtl | None) -> bool:
        """Whether an equal design counts: a trivial one does only if question or interface agree as well."""
        problem = self._references.problems[number]
        if problem.rtl is None or not problem.rtl.trivial:
            return True
        if read.likeness.get(number, 0.0) >= CORROBORATED:
            return True
        wanted = _interface(problem.top) if problem.top else None
        return any(_interface(top) == wanted for top in rtl.tops) if rtl else False

    def _similar_question(self, read: ComparableRow) -> Match | None:
        for number, similarity in read.likeness.items():
            problem = self._references.problems[number]
            if similarity < self._similarity or not _numbers_agree(read.words, problem):
                continue
            if similarity >= SURE or not _contradicts(read.rtl, problem):
                return self.found(Rule.SIMILAR_QUESTION, number, similarity)
        return None


def _numbers_agree(words: ComparableQuestion, problem: Protected) -> bool:
    return max(agreement(words.numbers, one.numbers) for one in problem.words) >= NUMBERS


def _interface(top: Module) -> tuple[str, frozenset[tuple[str, str, int | None]]]:
    return top.name, frozenset(top.ports)


def _contradicts(rtl: Rtl | None, problem: Protected) -> bool:
    """Whether both have a design, and no top module of the row's has the golden's ports."""
    if rtl is None or problem.rtl is None or problem.top is None:
        return False
    wanted = problem.rtl.signature(problem.top)
    return all(rtl.signature(top) != wanted for top in rtl.tops)
