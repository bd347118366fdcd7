"""Show how a transcript was read: each line, its meaning, and the rule."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ct_retrain.judge.reading.sites import PrintSite
from ct_retrain.judge.reading.transcript import PrintedPiece

MOST_LINES = 200
"""Maximum lines of a transcript; the first and the last half are shown."""
_LONGEST = 240
OTHERS = "not printed by the testbench"


class AnnotatedLine(NamedTuple):
    """One line of a transcript, for people."""

    text: str
    says: str
    """`yes`, `no` or `nothing`: what it says about the design."""
    rule: str
    line: int
    """Line of the testbench that prints it; 0 if none does."""


def annotated(
    sites: Sequence[PrintSite], heard: Iterable[PrintedPiece], others: Iterable[str]
) -> tuple[AnnotatedLine, ...]:
    """Return *heard* from the testbench and lines of *others*, which never count as a success."""
    told = [
        AnnotatedLine(one.text.strip()[:_LONGEST], one.says.value, one.why, _line(sites, one))
        for one in heard
    ]
    told += [AnnotatedLine(text[:_LONGEST], "nothing", OTHERS, 0) for text in others if text]
    told = [one for one in told if one.text]
    half = MOST_LINES // 2
    return tuple(told if len(told) <= MOST_LINES else [*told[:half], *told[-half:]])


def _line(sites: Sequence[PrintSite], one: PrintedPiece) -> int:
    return sites[one.site].line if one.site is not None and one.site < len(sites) else 0
