"""The rules by which a row counts as a benchmark problem, and what one of them found."""

from enum import StrEnum
from typing import NamedTuple

RULES_VERSION = "1"
"""Changes whenever a row could be judged differently."""


class Rule(StrEnum):
    """Why a row is a benchmark problem; where several apply the first one is named."""

    COPIED_QUESTION = "copied_question"
    """The row's question holds the problem's, word by word; case, spacing and punctuation do not count."""
    COPIED_RTL = "copied_rtl"
    """The golden's tokens: comments, spacing and inner names do not count."""
    RENAMED_RTL = "renamed_rtl"
    """The golden's tokens with other names of modules, ports and parameters."""
    REORDERED_RTL = "reordered_rtl"
    """The golden's statements in another order, under other names, with numbers written otherwise."""
    EQUIVALENT_RTL = "equivalent_rtl"
    """The golden's ports by direction and width, and a proof that both designs behave alike."""
    SIMILAR_QUESTION = "similar_question"
    """Most of what tells the problem's question from others, and its numbers; the answer's ports do not contradict."""


class Match(NamedTuple):
    """A row that is a problem."""

    rule: Rule
    suite: str
    problem: str
    similarity: float
    """Of the questions, in [0, 1]."""

    @property
    def reason(self) -> str:
        """The word it is counted under."""
        return f"contaminated_{self.rule}"

    @property
    def detail(self) -> str:
        """One sentence for a person."""
        said = f"; the questions are {self.similarity:.0%} alike" if self.similarity else ""
        return f"{self.rule.replace('_', ' ')}: problem {self.problem} of suite {self.suite}{said}"
