"""Find the elements of an answer that are not part of its design: replaced drafts, and testbenches."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from ct_retrain.verilog.modules import module_names
from ct_retrain.verilog.pieces import ELEMENTS, Piece, Pieces, macros, parses
from ct_retrain.verilog.tree import parse

Place = tuple[int, int]
"""Index of a piece's block, and the piece's start in it."""


def left_out(blocks: Sequence[Pieces], top: str) -> frozenset[Place]:
    """Return the elements of *blocks* that are not part of the design; *top* is the wanted module, or ""."""
    elements = [
        Element(number, piece, block)
        for number, block in enumerate(blocks)
        for piece in block.found
        if piece.kind in ELEMENTS
    ]
    dropped = set(_replaced(elements))
    rest = [one for one in elements if one.place not in dropped]
    if len(rest) > 1 or any(one.closed for one in rest):
        dropped |= {one.place for one in _testbenches(rest, top)}
    return frozenset(dropped)


class Element:
    """A design element of an answer; its properties are computed once."""

    def __init__(self, number: int, piece: Piece, block: Pieces) -> None:
        """Take the element *piece* of *block*, which is number *number* in the answer."""
        self.piece, self.block = piece, block
        self.place: Place = (number, piece.start)

    @cached_property
    def parses(self) -> bool:
        """Whether it has no syntax error, given the macros defined before it."""
        return parses(f"{macros(self.block.scanned, self.piece.start)}\n{self.block.text(self.piece)}")

    @cached_property
    def instances(self) -> frozenset[str]:
        """The names of the modules that it instantiates."""
        parsed = parse(self.block.text(self.piece))
        return frozenset() if parsed is None else frozenset(module_names(parsed).instantiated)

    @cached_property
    def code(self) -> str:
        """Its text with comments and strings blanked."""
        return self.block.scanned.code[self.piece.start : self.piece.end]

    @cached_property
    def closed(self) -> bool:
        """Whether it is a module without ports."""
        head = _HEAD.search(self.code)
        if self.piece.kind != "module" or head is None:
            return False
        at = head.end()
        if self.code.startswith("#", at):
            at = _behind_brackets(self.code, at)
        return bool(_NO_PORTS.match(self.code, at))


_HEAD = re.compile(r"\b(?:macro)?module\s+(?:automatic\s+|static\s+)?[\w$]+\s*(?:import\b[^;]*;\s*)*")
_NO_PORTS = re.compile(r"\s*(?:\(\s*\)\s*)?;")
_SIMULATES = re.compile(r"\$(?:finish|stop|display|monitor|write|strobe|dump\w+|random|urandom\w*)\b")


def _behind_brackets(code: str, at: int) -> int:
    """Return the offset behind the first parenthesis pair that opens after *at*."""
    depth = 0
    for mark in _PARENTHESIS.finditer(code, at):
        depth += 1 if mark[0] == "(" else -1
        if depth <= 0:
            return mark.end()
    return len(code)


_PARENTHESIS = re.compile(r"[()]")


def _replaced(elements: Sequence[Element]) -> Iterator[Place]:
    """Yield elements replaced by a later one of the same name; one with syntax errors replaces none without."""
    named: dict[tuple[bool, str], list[Element]] = {}
    for one in elements:
        named.setdefault((one.piece.kind == "package", one.piece.name), []).append(one)
    for same in named.values():
        if len(same) > 1:
            last = next((one for one in reversed(same) if one.parses), same[-1])
            yield from (one.place for one in same if one is not last and not _alternatives(one, last))


def _alternatives(one: Element, other: Element) -> bool:
    """Whether a conditional directive chooses between the two."""
    first, second = sorted((one.piece, other.piece), key=lambda piece: piece.start)
    return one.block is other.block and any(
        piece.kind == "directive"
        and first.end <= piece.start < second.start
        and one.block.text(piece).lstrip().startswith(("`else", "`elsif", "`endif"))
        for piece in one.block.found
    )


def _testbenches(elements: Sequence[Element], top: str) -> list[Element]:
    """Return the elements that drive the design, and those that only these need."""
    known = {one.piece.name for one in elements} | {top}
    dropped = [one for one in elements if one.piece.name != top and _drives(one, known)]
    if not any(one.piece.name == top for one in elements):
        return dropped
    while more := [
        one
        for one in elements
        if one not in dropped and one.piece.name != top and _unneeded(one, elements, dropped, top)
    ]:
        dropped += more
    return dropped


def _drives(one: Element, known: set[str]) -> bool:
    return one.closed and (not one.instances.isdisjoint(known) or bool(_SIMULATES.search(one.code)))


def _unneeded(one: Element, elements: Sequence[Element], dropped: list[Element], top: str) -> bool:
    """Whether *one* simulates *top* but has ports itself, or is used only by elements that were dropped."""
    if top in one.instances and _SIMULATES.search(one.code):
        return True
    users = [other for other in elements if one.piece.name in other.instances]
    return one.piece.kind == "module" and bool(users) and all(other in dropped for other in users)
