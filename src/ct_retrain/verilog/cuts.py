"""Remove from a design, before parsing, what its comments tell synthesis to skip.

Covers `// synopsys translate_off … // synopsys translate_on` and its variants. Such code is for simulation
only, so it is neither built nor judged. Line numbers are kept. A region that is never closed is refused.
"""

import re
from typing import NamedTuple


class SynthesisText(NamedTuple):
    """A text without the regions that synthesis skips."""

    text: str
    regions: tuple[int, ...]
    """The lines on which removed regions began."""
    unclosed: int = 0
    """The line of a region without an end, or of an end without a beginning; 0 if there is none."""


_PIECE = re.compile(r'\\[^\s]+|"(?:\\.|[^"\\\n])*"|(?P<comment>//[^\n]*|/\*.*?\*/)', re.DOTALL)
_ORDER = re.compile(
    r"(?://|/\*)\s*(?:(?:synopsys|synthesis|pragma|cadence|xilinx|altera|exemplar|ambit\s+synthesis|vcs|rtl_synthesis)\s+)?"
    r"(?:translate_(?P<on>on|off)|(?<=synthesis )(?P<also>on|off))\b\s*(?:\*/)?",
    re.IGNORECASE,
)


def without_regions(text: str) -> SynthesisText:
    """Return *text* with spaces in place of the regions that synthesis skips."""
    if "ranslate_o" not in text.lower() and not re.search(r"synthesis\s+o", text, re.IGNORECASE):
        return SynthesisText(text, ())
    pieces: list[str] = []
    lines: list[int] = []
    at, opened = 0, -1
    for found in _PIECE.finditer(text):
        order = _ORDER.match(found["comment"]) if found["comment"] else None
        if order is None:
            continue
        starts = (order["on"] or order["also"]).lower() == "off"
        if starts == (opened >= 0):
            return SynthesisText(text, (), _line(text, found.start()))
        if starts:
            opened = found.start()
            lines.append(_line(text, opened))
        else:
            pieces += [text[at:opened], re.sub(r"[^\n]", " ", text[opened : found.end()])]
            at, opened = found.end(), -1
    if opened >= 0:
        return SynthesisText(text, (), _line(text, opened))
    return SynthesisText("".join([*pieces, text[at:]]), tuple(lines))


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
