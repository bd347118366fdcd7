"""What a testbench of free form says of a design, line by line, and the verdict that follows.

A failure counts wherever it is counted, and wherever the testbench chose to speak of one. A success counts where it
was chosen or counted. A testbench that is silent unless something is wrong says nothing of a right design: that is
QUIET, which is worth something only where it is seen to speak of wrong ones.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from ct_retrain.judge.reading.sites import PrintSite
from ct_retrain.judge.reading.words import Counts, Says, read_line


class Word(Enum):
    """How a whole transcript is to be taken."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    QUIET = "quiet"
    """No failure, and no success either."""
    STUCK = "stuck"
    """The testbench gave up waiting."""
    UNCLEAR = "unclear"
    """It chose to speak in words that tell nothing, and of no success."""


class Heard(NamedTuple):
    """One printed piece, and how it was understood."""

    text: str
    says: Says
    why: str
    site: int | None = None


class Transcript(NamedTuple):
    """A run, understood."""

    word: Word
    why: str
    """The line that decided, and the rule."""
    lines: tuple[Heard, ...]
    checks: int
    """Checks that passed, as counted by the testbench or else by its lines of success."""
    errors: int

    @property
    def spoken(self) -> frozenset[int]:
        """Sites that spoke."""
        return frozenset(one.site for one in self.lines if one.site is not None)


def understood(sites: Sequence[PrintSite], pieces: Iterable[tuple[int, str]]) -> Transcript:
    """The transcript of *pieces*: number of the site that speaks, and what it says."""
    lines = tuple(_heard(sites, number, text) for number, text in pieces)
    failures = [one for one in lines if one.says is Says.NO]
    successes = [one for one in lines if one.says is Says.YES]
    counts = [found.counts for one in lines if (found := read_line(one.text)).counts]
    checks = max((_checks(one) for one in counts), default=0) or len(successes)
    if failures:
        first = failures[0]
        word = (
            Word.STUCK
            if _STUCK.search(first.text) and all(_STUCK.search(one.text) for one in failures)
            else Word.FAIL
        )
        return Transcript(word, f"{first.text.strip()} ({first.why})", lines, checks, len(failures))
    if successes:
        last = successes[-1]
        return Transcript(Word.PASS, f"{last.text.strip()} ({last.why})", lines, checks, 0)
    unclear = next((one for one in lines if one.site is not None and sites[one.site].chosen), None)
    if unclear is not None:
        why = (
            f"the testbench decided to print {unclear.text.strip()!r}, which says neither success nor failure"
        )
        return Transcript(Word.UNCLEAR, why, lines, checks, 0)
    return Transcript(Word.QUIET, "the testbench speaks of no failure", lines, checks, 0)


def _checks(counts: Counts) -> int:
    return counts.good or 0


_STUCK = re.compile(r"time[ -]?out|timed[ -]out|watchdog|\bhang\b|\bhung\b|deadlock", re.IGNORECASE)
_NOT_STUCK = re.compile(
    r"\b(?:test|check|case|testing)\b|\bno\b|\bpass|\bok\b|\bset|\blimit|\bafter\b.*\bto be\b", re.IGNORECASE
)


def _heard(sites: Sequence[PrintSite], number: int, text: str) -> Heard:
    """What the site *number* says with *text*."""
    site = sites[number]
    if site.severity:
        return _severe(site, text)
    found = read_line(text)
    if _STUCK.search(text) and not _NOT_STUCK.search(text) and found.says is not Says.YES:
        return Heard(text, Says.NO, "the testbench gave up waiting", number)
    counts = found.counts if "%" in site.template or site.chosen else None
    if counts is not None and counts.says is Says.NO:
        return Heard(text, Says.NO, f"a count: {_told(counts)}", number)
    if not site.chosen:
        return _unchosen(site, text, counts)
    says, why = _chosen(sites, site, text)
    if says is Says.NOTHING and counts is not None and counts.says is Says.YES:
        return Heard(text, Says.YES, f"a count: {_told(counts)}", number)
    return Heard(text, says, why, number)


def _severe(site: PrintSite, text: str) -> Heard:
    if site.severity != "warning" or site.chosen or read_line(site.template).says is Says.NO:
        return Heard(site.template or text, Says.NO, f"${site.severity}", site.number)
    return Heard(site.template or text, Says.NOTHING, "a warning that nothing led to", site.number)


def _unchosen(site: PrintSite, text: str, counts: Counts | None) -> Heard:
    """A line that is always printed: only what it counts, or which text it picks, says anything."""
    if counts is not None and counts.says is Says.YES:
        return Heard(text, Says.YES, f"a count: {_told(counts)}", site.number)
    picked = _picked(site, text) if site.picks else Says.NOTHING
    if picked is not Says.NOTHING:
        return Heard(text, picked, "a word that was chosen elsewhere", site.number)
    return Heard(text, Says.NOTHING, "always printed", site.number)


def _chosen(sites: Sequence[PrintSite], site: PrintSite, text: str) -> tuple[Says, str]:
    """What a line says that the testbench decided to print: by its fixed words, its values, or the other branch."""
    fixed = _fixed(site)
    if fixed is not Says.NOTHING:
        return fixed, "chosen"
    whole = read_line(text).words
    if whole is not Says.NOTHING:
        return whole, "chosen, by a word among its values"
    others = {_fixed(sites[rival]) for rival in site.rivals} - {Says.NOTHING}
    if others == {Says.YES}:
        return Says.NO, "chosen instead of a success"
    if others == {Says.NO}:
        return Says.YES, "chosen instead of a failure"
    return Says.NOTHING, "chosen, without a word of success or failure"


_CONVERSION = re.compile(r"%-?\d*(?:\.\d+)?[a-zA-Z]")
_INTEGER = re.compile(r"%-?\d*[dDtT]")
_SEVERAL = re.compile(
    r"\b(?:errors|failures|fails|mismatches|faults|violations|total|count|cnt|num(?:ber)?|tests?|checks)\b|fail\w*\b.*\bpass|pass\w*\b.*\bfail",
    re.IGNORECASE,
)
"""Words beside which a number is a count, not the number of a test or a value."""


def _fixed(site: PrintSite) -> Says:
    """What the words of the template say, whatever values stand between them.

    The words of a count are none: `ERRORS: %d` says what its number says. In `FAIL: %0d` the number may be a value,
    so there it must be known to be a tally.
    """
    says = read_line(_CONVERSION.sub(" _ ", site.template).replace("%%", "%")).words
    if says is not Says.NO or not (site.counts or _SEVERAL.search(site.template)):
        return says
    filled = _CONVERSION.sub(" _ ", _INTEGER.sub("0", site.template)).replace("%%", "%")
    found = read_line(filled)
    return found.words if found.counts is not None else says


def _picked(site: PrintSite, text: str) -> Says:
    """What a text says that stands where the template has `%s`, if it is a verdict and nothing else."""
    pieces = re.split(r"%-?\d*s", site.template)
    pattern = "(.*)".join(".*?".join(map(re.escape, _CONVERSION.split(piece))) for piece in pieces)
    found = re.search(pattern.replace("%%", "%"), text)
    said = {
        read_line(part).words for part in (found.groups() if found else ()) if len(part.split()) <= _WORDS
    }
    return next((one for one in (Says.NO, Says.YES) if one in said), Says.NOTHING)


_WORDS = 2
"""Words of a text that is nothing but a verdict."""


def _told(counts: Counts) -> str:
    names = {"passed": counts.good, "failed": counts.bad, "of": counts.total}
    return ", ".join(f"{name} {value}" for name, value in names.items() if value is not None)
