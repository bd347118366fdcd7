"""The rules by which a row counts as a benchmark problem, and a match."""

from enum import StrEnum
from typing import NamedTuple

RULES_VERSION = "1"
"""Version of the rules; change it whenever a row could be judged differently."""


class Rule(StrEnum):
    """Rule that makes a row a benchmark problem; if several apply, the first in this order is named."""

    COPIED_QUESTION = "copied_question"
    """The row's question contains the problem's word by word, ignoring case, spacing and punctuation."""
    COPIED_RTL = "copied_rtl"
    """The golden's tokens, ignoring comments, spacing and inner names."""
    RENAMED_RTL = "renamed_rtl"
    """The golden's tokens with other names of modules, ports and parameters."""
    REORDERED_RTL = "reordered_rtl"
    """The golden's statements in another order, with other names and spellings of numbers."""
    EQUIVALENT_RTL = "equivalent_rtl"
    """The golden's ports by direction and width, and a proof that both designs behave alike."""
    SIMILAR_QUESTION = "similar_question"
    """Most words that distinguish the problem's question, and its numbers; the ports do not contradict."""


class Match(NamedTuple):
    """A row that is a benchmark problem."""

    rule: Rule
    suite: str
    problem: str
    similarity: float
    """Similarity of the questions, in [0, 1]."""

    @property
    def reason(self) -> str:
        """The reason under which it is counted."""
        return f"contaminated_{self.rule}"

    @property
    def detail(self) -> str:
        """One sentence for a person."""
        said = f"; similarity of the questions {self.similarity:.0%}" if self.similarity else ""
        return f"{self.rule.replace('_', ' ')}: problem {self.problem} of suite {self.suite}{said}"
