"""Interpret the output of a free-form testbench line by line, and derive the verdict.

A failure counts wherever it is counted, and wherever the testbench decided to print it. A success counts if
it was decided or counted. A testbench that prints only on failures says nothing of a right design: that is
QUIET, which is worth something only if it is seen to report wrong designs.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from ct_retrain.judge.reading.sites import PrintSite
from ct_retrain.judge.reading.words import LineCounts, LineMeaning, read_line


class TranscriptMeaning(Enum):
    """Meaning of a whole transcript."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    QUIET = "quiet"
    """Neither a failure nor a success."""
    STUCK = "stuck"
    """The testbench gave up waiting."""
    UNCLEAR = "unclear"
    """The testbench decided to print, but not in words of success or failure."""


class PrintedPiece(NamedTuple):
    """One printed piece and its meaning."""

    text: str
    says: LineMeaning
    why: str
    site: int | None = None


class Transcript(NamedTuple):
    """An interpreted run."""

    word: TranscriptMeaning
    why: str
    """The line that decided, and the rule."""
    lines: tuple[PrintedPiece, ...]
    checks: int
    """Number of passed checks, as the testbench counts, else its lines of success."""
    errors: int

    @property
    def spoken(self) -> frozenset[int]:
        """Numbers of the print statements that printed."""
        return frozenset(one.site for one in self.lines if one.site is not None)


def understood(sites: Sequence[PrintSite], pieces: Iterable[tuple[int, str]]) -> Transcript:
    """Interpret *pieces*: (number of the print statement, printed text)."""
    lines = tuple(_heard(sites, number, text) for number, text in pieces)
    failures = [one for one in lines if one.says is LineMeaning.NO]
    successes = [one for one in lines if one.says is LineMeaning.YES]
    counts = [found.counts for one in lines if (found := read_line(one.text)).counts]
    checks = max((_checks(one) for one in counts), default=0) or len(successes)
    if failures:
        first = failures[0]
        word = (
            TranscriptMeaning.STUCK
            if _STUCK.search(first.text) and all(_STUCK.search(one.text) for one in failures)
            else TranscriptMeaning.FAIL
        )
        return Transcript(word, f"{first.text.strip()} ({first.why})", lines, checks, len(failures))
    if successes:
        last = successes[-1]
        return Transcript(TranscriptMeaning.PASS, f"{last.text.strip()} ({last.why})", lines, checks, 0)
    unclear = next((one for one in lines if one.site is not None and sites[one.site].chosen), None)
    if unclear is not None:
        why = (
            f"the testbench decided to print {unclear.text.strip()!r}, which says neither success nor failure"
        )
        return Transcript(TranscriptMeaning.UNCLEAR, why, lines, checks, 0)
    return Transcript(TranscriptMeaning.QUIET, "the testbench reports no failure", lines, checks, 0)


def _checks(counts: LineCounts) -> int:
    return counts.good or 0


_STUCK = re.compile(r"time[ -]?out|timed[ -]out|watchdog|\bhang\b|\bhung\b|deadlock", re.IGNORECASE)
_NOT_STUCK = re.compile(
    r"\b(?:test|check|case|testing)\b|\bno\b|\bpass|\bok\b|\bset|\blimit|\bafter\b.*\bto be\b", re.IGNORECASE
)


def _heard(sites: Sequence[PrintSite], number: int, text: str) -> PrintedPiece:
    """Interpret *text* printed by statement *number*."""
    site = sites[number]
    if site.severity:
        return _severe(site, text)
    found = read_line(text)
    if _STUCK.search(text) and not _NOT_STUCK.search(text) and found.says is not LineMeaning.YES:
        return PrintedPiece(text, LineMeaning.NO, "the testbench gave up waiting", number)
    counts = found.counts if "%" in site.template or site.chosen else None
    if counts is not None and counts.says is LineMeaning.NO:
        return PrintedPiece(text, LineMeaning.NO, f"a count: {_told(counts)}", number)
    if not site.chosen:
        return _unchosen(site, text, counts)
    says, why = _chosen(sites, site, text)
    if says is LineMeaning.NOTHING and counts is not None and counts.says is LineMeaning.YES:
        return PrintedPiece(text, LineMeaning.YES, f"a count: {_told(counts)}", number)
    return PrintedPiece(text, says, why, number)


def _severe(site: PrintSite, text: str) -> PrintedPiece:
    if site.severity != "warning" or site.chosen or read_line(site.template).says is LineMeaning.NO:
        return PrintedPiece(site.template or text, LineMeaning.NO, f"${site.severity}", site.number)
    return PrintedPiece(
        site.template or text,
        LineMeaning.NOTHING,
        "a warning that does not depend on a decision",
        site.number,
    )


def _unchosen(site: PrintSite, text: str, counts: LineCounts | None) -> PrintedPiece:
    """Interpret an unconditional line: only its counts, or a text it picks, mean anything."""
    if counts is not None and counts.says is LineMeaning.YES:
        return PrintedPiece(text, LineMeaning.YES, f"a count: {_told(counts)}", site.number)
    picked = _picked(site, text) if site.picks else LineMeaning.NOTHING
    if picked is not LineMeaning.NOTHING:
        return PrintedPiece(text, picked, "a word that was chosen elsewhere", site.number)
    return PrintedPiece(text, LineMeaning.NOTHING, "always printed", site.number)


def _chosen(sites: Sequence[PrintSite], site: PrintSite, text: str) -> tuple[LineMeaning, str]:
    """Interpret a line the testbench decided to print, by its fixed words, values, or the other branch."""
    fixed = _fixed(site)
    if fixed is not LineMeaning.NOTHING:
        return fixed, "chosen"
    whole = read_line(text).words
    if whole is not LineMeaning.NOTHING:
        return whole, "chosen, by a word among its values"
    others = {_fixed(sites[rival]) for rival in site.rivals} - {LineMeaning.NOTHING}
    if others == {LineMeaning.YES}:
        return LineMeaning.NO, "chosen instead of a success"
    if others == {LineMeaning.NO}:
        return LineMeaning.YES, "chosen instead of a failure"
    return LineMeaning.NOTHING, "chosen, without a word of success or failure"


_CONVERSION = re.compile(r"%-?\d*(?:\.\d+)?[a-zA-Z]")
_INTEGER = re.compile(r"%-?\d*[dDtT]")
_SEVERAL = re.compile(
    r"\b(?:errors|failures|fails|mismatches|faults|violations|total|count|cnt|num(?:ber)?|tests?|checks)\b|fail\w*\b.*\bpass|pass\w*\b.*\bfail",
    re.IGNORECASE,
)
"""Words next to which a number is a count, not the number of a test or a value."""


def _fixed(site: PrintSite) -> LineMeaning:
    """Interpret the words of the template, whatever its values.

    The words of a count mean nothing by themselves: `ERRORS: %d` means what its number says. In `FAIL: %0d`
    the number may be a value, so it must be known to be a tally.
    """
    says = read_line(_CONVERSION.sub(" _ ", site.template).replace("%%", "%")).words
    if says is not LineMeaning.NO or not (site.counts or _SEVERAL.search(site.template)):
        return says
    filled = _CONVERSION.sub(" _ ", _INTEGER.sub("0", site.template)).replace("%%", "%")
    found = read_line(filled)
    return found.words if found.counts is not None else says


def _picked(site: PrintSite, text: str) -> LineMeaning:
    """Interpret the text in place of the template's `%s`, if it is a verdict and nothing else."""
    pieces = re.split(r"%-?\d*s", site.template)
    pattern = "(.*)".join(".*?".join(map(re.escape, _CONVERSION.split(piece))) for piece in pieces)
    found = re.search(pattern.replace("%%", "%"), text)
    said = {
        read_line(part).words for part in (found.groups() if found else ()) if len(part.split()) <= _WORDS
    }
    return next((one for one in (LineMeaning.NO, LineMeaning.YES) if one in said), LineMeaning.NOTHING)


_WORDS = 2
"""Words of a text that is only a verdict."""


def _told(counts: LineCounts) -> str:
    names = {"passed": counts.good, "failed": counts.bad, "of": counts.total}
    return ", ".join(f"{name} {value}" for name, value in names.items() if value is not None)
