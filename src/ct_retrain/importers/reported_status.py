"""Read from a simulator's output, as a record keeps it, whether the design passed."""

import re
from collections.abc import Iterator
from typing import Literal

from ct_retrain.importers.values import decoded, object_of
from ct_retrain.judge.reading.words import LineMeaning, read_line
from ct_retrain.trace.format import FAILED, PASSED, word_of

_SUMMARIES = re.compile(
    r"\bmismatch(?:es|ed samples)(?::| is) *(\d+) (?:in|out of) (\d+) samples|\bTESTS=(?=\d+ PASS=\d+ FAIL=(\d+))(\d+)",
    re.IGNORECASE,
)
"""The last lines of VerilogEval's testbenches and of cocotb: what differed or failed, of how many."""

_ENDED_BY = r"\b(?:exit(?:ed)?(?: with)?[ _-]?(?:code|status)|return[ _]?code|exited with)\W{0,3}"
_ENDED = re.compile(_ENDED_BY + r"(?!12[67]\b)[1-9]\d*\b", re.IGNORECASE)
"""A program that failed, as tools and shells say it; 126 and 127 say that there was no program."""

_ENDED_WELL = re.compile(_ENDED_BY + r"0+\b", re.IGNORECASE)

_KEYS = ("status", "passed", "pass", "success", "result", "verdict", "outcome")


def status_of(log: str) -> Literal["pass", "fail", ""]:
    """What *log*, a transcript or a JSON object of a tool, says; "" if it says nothing.

    One line of failure outweighs any number that say otherwise. The words are those by which the judge reads a
    testbench's output, and those of a trace's status.
    """
    said = {_says(line) for line in log_text(log).splitlines()} | set(_keys(log))
    if LineMeaning.NO in said or _ENDED.search(log):
        return "fail"
    return "pass" if LineMeaning.YES in said else ""


def ended_well(log: str) -> bool:
    """Whether *log* has an exit code of 0 and something that the program printed."""
    return bool(_ENDED_WELL.search(log)) and any(
        line.strip() and not _ENDED_WELL.search(line) for line in log_text(log).splitlines()
    )


def log_text(log: str) -> str:
    """*log* itself; of a JSON object its texts, line by line."""
    fields = object_of(decoded(log))
    return "\n".join(one for one in fields.values() if isinstance(one, str)) if fields else log


def _says(line: str) -> LineMeaning:
    counted = _SUMMARIES.search(line)
    if counted is None:
        return read_line(line).says
    bad, total = (int(one) for one in counted.groups() if one is not None)
    return LineMeaning.NO if bad or not total else LineMeaning.YES


def _keys(log: str) -> Iterator[LineMeaning]:
    for key, value in object_of(decoded(log)).items():
        word = word_of(value)
        if key.lower() in _KEYS and word in PASSED | FAILED:
            yield LineMeaning.YES if word in PASSED else LineMeaning.NO
