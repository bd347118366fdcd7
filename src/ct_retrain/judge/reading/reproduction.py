"""Compare our transcript with that of a trace: noise may differ, verdict and counts may not.

Only lines that concern the design are compared: counts, and words of success or failure. Numbers matter only
if they are counts, so times, seeds, paths and drawn values make no difference. A simulator's own summary
(`Errors: 0, Warnings: 2`) is ignored.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from ct_retrain.judge.reading.words import LineCounts, LineMeaning, read_line


class TranscriptMatch(StrEnum):
    """How two transcripts compare."""

    SAME = "same"
    """Every line about the design is in both."""
    NOISE = "other_words"
    """Lines differ, without contradiction."""
    CONTRADICTION = "not_reproduced"
    """They count or judge differently."""


class TranscriptComparison(NamedTuple):
    """Result of comparing two transcripts."""

    likeness: TranscriptMatch
    detail: str = ""
    """The two lines that contradict each other, or the line without a counterpart."""


def compare_transcripts(theirs: str, ours: str) -> TranscriptComparison:
    """Compare our transcript *ours* with *theirs*, of which only the end may exist."""
    said, heard = _spoken(theirs), _spoken(ours)
    # Of repeated lines the last counts, because a transcript may have lost its beginning.
    counted = {one.template: one for one in heard if one.counts is not None}
    for one in {one.template: one for one in said if one.counts is not None}.values():
        other = counted.get(one.template)
        if other is not None and one.counts != other.counts:
            return TranscriptComparison(
                TranscriptMatch.CONTRADICTION, f"the trace says {one.text!r}, tonight {other.text!r}"
            )
    known = {one.template for one in heard}
    failure = next(
        (
            one
            for one in heard
            if one.says is LineMeaning.NO and not any(one.template == each.template for each in said)
        ),
        None,
    )
    if failure is not None and any(one.says is LineMeaning.YES for one in said):
        last = next(one for one in reversed(said) if one.says is LineMeaning.YES)
        return TranscriptComparison(
            TranscriptMatch.CONTRADICTION, f"the trace says {last.text!r}, tonight {failure.text!r}"
        )
    if said and said[-1].says is LineMeaning.NO and said[-1].template not in known:
        return TranscriptComparison(
            TranscriptMatch.CONTRADICTION, f"the trace ends with {said[-1].text!r}, tonight it does not"
        )
    strange = next((one.text for one in said if one.template not in known), "")
    return (
        TranscriptComparison(TranscriptMatch.NOISE, strange)
        if strange
        else TranscriptComparison(TranscriptMatch.SAME)
    )


class _Line(NamedTuple):
    text: str
    template: str
    says: LineMeaning
    counts: LineCounts | None


_PROMPT = re.compile(r"^(?:#|\*|>|(?:xm|nc|vc)sim[:>]|KERNEL:)\s*")
_OWN_SUMMARY = re.compile(
    r"\berrors?\s*[:=]\s*\d+\s*,?\s*warnings?\b|\d+ errors?,? (?:and )?\d+ warnings?\b|\bwarnings?\s*[:=]",
    re.IGNORECASE,
)
_COMPILER = re.compile(r"^\S+:\d+: (?:warning|error|sorry)\b")
_VALUE = re.compile(r"\b(?:0x)?[0-9a-fA-FxXzZ_]*\d[0-9a-fA-FxXzZ_]*(?:\.\d+)?(?:[munpf]?s)?\b")
_PATH = re.compile(r"\S*/\S*")
_LAST = 200
"""Maximum number of lines about the design, from the end."""


def _spoken(transcript: str) -> list[_Line]:
    """Return the lines of *transcript* about the design."""
    found: list[_Line] = []
    for raw in transcript.splitlines():
        text = _PROMPT.sub("", raw.strip())
        if not text or _OWN_SUMMARY.search(text) or _COMPILER.search(text):
            continue
        read = read_line(text)
        if read.says is not LineMeaning.NOTHING or read.counts is not None:
            template = " ".join(_VALUE.sub("#", _paths(text)).lower().split())
            found.append(_Line(text[:160], template, read.says, read.counts))
    return found[-_LAST:]


def _paths(text: str) -> str:
    """Return *text* without paths; `3/4 passed` is not one."""
    return _PATH.sub(lambda at: at[0] if re.fullmatch(r"\W*\d+/\d+\W*", at[0]) else "@", text)
