"""Make logs safe to show, with printable characters only and limited in length; tell what a compiler's error is about."""

import re

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def strip_control(text: str) -> str:
    """Return *text* without terminal sequences, carriage returns and invisible characters."""
    return _CONTROL.sub("", _ESCAPE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def tail(text: str, characters: int) -> str:
    """Return the end of *text*, cut at a line end if one is near."""
    if len(text) <= characters:
        return text
    end = text[-characters:]
    return end.partition("\n")[2] or end


def looks_inside(error: str) -> bool:
    """Whether a compiler's *error* is about a name in another scope, such as `dut.state`, which the design may lack."""
    return _INSIDE.search(error) is not None


_INSIDE = re.compile(r"^[^`']*[`']+[^`'\s]*(?:\.|::)")
"""Matches if the first quoted name has several parts."""
