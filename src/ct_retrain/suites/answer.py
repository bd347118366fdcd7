"""Find the RTL in an answer: whole modules, or the body of a module whose header the problem gave."""

import re
from collections.abc import Iterator

from ct_retrain.core.records.problem import Problem
from ct_retrain.verilog.extract import find_rtl, spoken
from ct_retrain.verilog.pieces import ELEMENTS, Pieces, parses, pieces
from ct_retrain.verilog.regions import regions, unmarked

NO_MODULE = "// no module in the answer\n"
"""Text that is judged in place of an answer without RTL."""


def rtl_of(problem: Problem, answer: str) -> str:
    """Return the RTL of *answer*; "" if it holds none.

    If the problem gives the header, an answer without one is taken as the text that follows it, up to
    `endmodule`; other modules of the answer come after it.
    """
    whole = find_rtl(answer, problem.top)
    if not problem.interface or any(piece.name == problem.top for piece in pieces(whole).found):
        return whole
    header = problem.interface.rstrip()
    bodies = [_fitting(header, body) for body in _bodies(spoken(answer))]
    if not bodies:
        return whole
    body = next((body for body in bodies if parses(f"{header}\n{body}")), bodies[0])
    return f"{header}\n{body}\n" + (f"\n{whole}" if whole else "")


_END = re.compile(r"\bendmodule\b")
_HEAD = re.compile(r"^[ \t]*(?:macro)?module\b", re.MULTILINE)


def _bodies(text: str) -> Iterator[str]:
    """Yield candidates for the rest of a module, the likeliest first."""
    marked = [region.text for region in regions(text) if region.marked]
    for candidate in [*marked, unmarked(text)]:
        body = _rest(pieces(candidate))
        if body:
            yield body


def _rest(read: Pieces) -> str:
    """Return the text up to the first `endmodule` that ends no module of *read*; "" if a module never ends."""
    elements = [piece for piece in read.found if piece.kind in ELEMENTS]

    def outside(found: re.Match[str]) -> bool:
        return not any(one.start <= found.start() < one.end for one in elements)

    end = next((found.end() for found in _END.finditer(read.scanned.code) if outside(found)), 0)
    if not end or any(outside(head) for head in _HEAD.finditer(read.scanned.code)):
        return ""
    start = max((one.end for one in elements if one.end < end), default=0)
    return read.scanned.text[start:end].strip("\n").rstrip()


def _fitting(header: str, body: str) -> str:
    """Return *body* without leading prose, up to the first line with a semicolon; unchanged if useless."""
    lines = body.split("\n")
    prose = next((number for number, line in enumerate(lines) if ";" in line), 0)
    tails = ("\n".join(lines[start:]) for start in range(min(prose, _PROSE_LINES) + 1))
    return next((tail for tail in tails if parses(f"{header}\n{tail}")), body)


_PROSE_LINES = 30
