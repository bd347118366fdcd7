"""Reads a directory of gold sets or general data: each line becomes a row, or is refused with a reason."""

import re
from collections import Counter
from pathlib import Path
from typing import Literal, NamedTuple

from ct_retrain.core.configuration.section import GoldKeySettings
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import SourceFile
from ct_retrain.core.records.training import Row
from ct_retrain.stages.gold.files import Entry, entries, files_in
from ct_retrain.stages.gold.shapes import Pair, UnusableObject, pair_of
from ct_retrain.verilog.extract import find_rtl

Source = Literal["gold", "general"]
LONGEST_PAIR = 1 << 20
"""Maximum characters of question and answer together; the trainer refuses what exceeds the model's window."""


class GoldReading(NamedTuple):
    """Contents of a directory."""

    rows: list[Row]
    """Rows in the order of files and lines; each names its origin."""
    files: list[SourceFile]
    rejected: list[Rejected]
    """Every refused line, and every file that was not read, by `gold/NAME:LINE`."""


def read_set(directory: Path, source: Source, keys: GoldKeySettings) -> GoldReading:
    """Read every file directly in *directory*; a missing directory is an empty set.

    The answers of a *gold* set must be RTL. Raise ToolError if the machine fails.
    """
    reading = GoldReading([], [], [])
    for path in files_in(directory):
        _read(path, source, keys, reading)
    return reading


def _read(path: Path, source: Source, keys: GoldKeySettings, into: GoldReading) -> None:
    subject = _clean(f"{source}/{path.name}")
    refused: Counter[str] = Counter()
    taken = 0
    unread = ""
    for found in entries(path, subject):
        judged = found if isinstance(found, Rejected) else _row(found, source, keys)
        if isinstance(judged, Row):
            taken += 1
            into.rows.append(judged)
            continue
        into.rejected.append(judged)
        if judged.subject == subject:
            unread = f"{judged.reason}: {judged.detail}"
        else:
            refused[judged.reason] += 1
    file = SourceFile(
        source=source,
        name=_clean(path.name),
        lines=taken + refused.total(),
        taken=taken,
        refused=dict(sorted(refused.items())),
        unread=unread,
    )
    into.files.append(file)


def _row(entry: Entry, source: Source, keys: GoldKeySettings) -> Row | Rejected:
    pair = pair_of(entry.value, keys)
    if isinstance(pair, UnusableObject):
        return Rejected(subject=entry.place, reason=pair.reason, detail=_clean(pair.detail))
    fault = _fault(pair, source)
    if fault is not None:
        return Rejected(subject=entry.place, reason=fault.reason, detail=fault.detail)
    return Row(
        prompt=pair.question,
        completion=pair.answer,
        source=source,
        licence=_clean(pair.licence),
        place=entry.place,
    )


def _fault(pair: Pair, source: Source) -> UnusableObject | None:
    """Return why *pair* must not be trained on; None if it may."""
    if not pair.question.strip():
        return UnusableObject("empty_question", "the question is empty")
    if not pair.answer.strip():
        return UnusableObject("empty_answer", "it would teach the model to answer nothing")
    if len(pair.question) + len(pair.answer) > LONGEST_PAIR:
        return UnusableObject("too_long", f"more than {LONGEST_PAIR} characters, which no model reads")
    try:
        (pair.question + pair.answer).encode()
    except UnicodeEncodeError:
        return UnusableObject("bad_utf8", "half a surrogate pair, which no text holds")
    if source == "gold" and not _holds_rtl(pair):
        return UnusableObject(
            "no_rtl", "the answer holds no whole module; prose belongs into the general data"
        )
    return None


_UNIT = re.compile(r"\bend(?:module|package|interface|program|primitive|class|property|sequence)\b")
_BODY = re.compile(r"\bendmodule\b|\bassign\b[^;=]{1,200}=|\balways(?:_ff|_comb|_latch)?\b\s*(?:@|begin)")
_HEADER = re.compile(r"\bmodule\s+\w+")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)


def _holds_rtl(pair: Pair) -> bool:
    """Whether the answer is RTL: a module or other unit, or the body of a module whose header is in the question."""
    if find_rtl(pair.answer):
        return True
    code = _COMMENT.sub(" ", pair.answer)
    if _HEADER.search(pair.question) and _BODY.search(code):
        return True
    return _UNIT.search(code) is not None


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
