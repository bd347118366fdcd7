"""Split a source text that may contain prose into design elements, file-scope declarations, directives and
comments.

Modules are found by their keywords, so modules with syntax errors are found too. Anything else at file scope
counts as code only if it parses.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from pyslang.syntax import (
    CompilationUnitSyntax,
    DataDeclarationSyntax,
    NamedTypeSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.scanning import Scan, scan
from ct_retrain.verilog.tree import items_of, parse, tokens

Kind = Literal["module", "package", "interface", "primitive", "foreign", "item", "directive", "comment"]
ELEMENTS: frozenset[Kind] = frozenset({"module", "package", "interface", "primitive"})
"""Named elements of a compilation unit; `foreign` are programs, classes, checkers and configurations."""


class Piece(NamedTuple):
    """A part of a text, without surrounding white space."""

    kind: Kind
    name: str
    """The name of an element or a foreign element; "" for other pieces."""
    start: int
    end: int


class Pieces(NamedTuple):
    """A text and its pieces in order; what lies between them is white space or prose."""

    scanned: Scan
    found: tuple[Piece, ...]

    def text(self, piece: Piece) -> str:
        """Return the characters of *piece*."""
        return self.scanned.text[piece.start : piece.end]


def pieces(text: str) -> Pieces:
    """Split *text* into pieces; none if it holds no code."""
    scanned = scan(text)
    found: list[Piece] = []
    at = 0
    elements = _elements(scanned)
    for element in [*elements, None]:
        end = element.start if element else len(text)
        found += _between(scanned, at, end)
        if element:
            found.append(element)
            at = element.end
    return Pieces(scanned, tuple(_near_code(text, found)))


def parses(text: str) -> bool:
    """Whether *text* has no syntax errors (unknown macros count as errors)."""
    parsed = parse(text)
    return parsed is not None and not parsed.errors


_EDGE = re.compile(
    r"\bend(?P<end>module|package|interface|primitive|program|class|checker|config)\b"
    r"(?:\s*:\s*(?P<label>[A-Za-z_][\w$]*))?"
    r"|(?P<attributes>\(\*[^;]{0,300}?\*\)\s*)?(?P<extern>\bextern\s+)?"
    r"\b(?P<kind>macromodule|module|package|interface|primitive|program|class|checker|config)\s+"
    r"(?:automatic\s+|static\s+)?(?P<name>[A-Za-z_][\w$]*)"
    r"\s*(?:import\b[^;]*;\s*)*(?=[#(;]|extends\b)"
)


class _Head(NamedTuple):
    kind: str
    name: str
    start: int


def _elements(scanned: Scan) -> list[Piece]:
    """Return the outermost closed elements, in order."""
    heads: list[_Head] = []
    closed: list[Piece] = []
    for edge in _EDGE.finditer(scanned.code):
        if edge["kind"] and not edge["extern"]:
            name = scanned.text[slice(*edge.span("name"))].strip()
            heads.append(_Head(edge["kind"].removeprefix("macro"), name, edge.start()))
        elif edge["end"]:
            place = next((at for at in reversed(range(len(heads))) if heads[at].kind == edge["end"]), None)
            if place is not None:
                closed = _close(scanned, closed, heads[place], edge)
                del heads[place:]
    return closed


def _close(scanned: Scan, closed: list[Piece], head: _Head, edge: re.Match[str]) -> list[Piece]:
    """Close the element between *head* and *edge*; if they do not match, return what lies in it."""
    end = edge.end("end")
    if edge["label"] and _labels(scanned, edge, head.name):
        end = edge.end()
    kind: Kind = head.kind if head.kind in ELEMENTS else "foreign"
    made = Piece(kind, head.name, head.start, end)
    outside = [piece for piece in closed if piece.start < head.start]
    mid_line = scanned.code[scanned.code.rfind("\n", 0, head.start) + 1 : head.start].strip()
    doubtful = mid_line or any(piece.kind in ELEMENTS for piece in closed[len(outside) :])
    if doubtful and not parses(f"{macros(scanned, head.start)}\n{scanned.text[head.start : end]}"):
        return closed
    return [*outside, made]


def _labels(scanned: Scan, edge: re.Match[str], name: str) -> bool:
    """Whether the word behind `endmodule :` is a label rather than the beginning of a sentence."""
    word = scanned.text[slice(*edge.span("label"))].strip()
    rest = scanned.code[edge.end() :].partition("\n")[0]
    return word == name or ("\n" not in edge[0] and not rest.strip())


def macros(scanned: Scan, end: int) -> str:
    """Return the lines before *end* that define macros."""
    lines = (scanned.text[start:stop] for start, stop in scanned.directives if stop <= end)
    return "\n".join(line for line in lines if line.lstrip().startswith("`define"))


class _Line(NamedTuple):
    kind: Literal["blank", "comment", "directive", "text"]
    start: int
    end: int


def _between(scanned: Scan, start: int, end: int) -> list[Piece]:
    """Yield the pieces of the text between two elements."""
    lines = [line for line in _lines(scanned, start, end) if line.kind != "blank"]
    texts = [line for line in lines if line.kind == "text"]
    items: list[Piece] = []
    if texts and ";" in scanned.code[start:end]:
        whole = Piece("item", "", texts[0].start, texts[-1].end)
        items = [whole] if _is_code(scanned, whole) else _salvaged(scanned, texts, end)
    found = [
        Piece(line.kind, "", line.start, line.end)
        for line in lines
        if (line.kind == "comment" or line.kind == "directive")  # noqa: PLR1714 - this narrows the type, a set does not
        and not any(item.start < line.end and line.start < item.end for item in items)
    ]
    return sorted([*found, *items], key=lambda piece: piece.start)


def _lines(scanned: Scan, start: int, end: int) -> Iterator[_Line]:
    """Yield the lines between *start* and *end*, stripped of white space."""
    directives = iter([span for span in scanned.directives if start <= span[0] and span[1] <= end])
    directive = next(directives, None)
    at = start
    while at < end:
        if directive and at <= directive[0] and not scanned.text[at : directive[0]].strip():
            yield _Line("directive", *_trimmed(scanned.text, *directive))
            at = directive[1]
            directive = next(directives, None)
            continue
        stop = scanned.text.find("\n", at, end)
        stop = end if stop < 0 else stop
        if directive and directive[0] < stop:
            stop = directive[0]
        yield _line(scanned, at, stop)
        at = stop + 1 if stop < end and scanned.text[stop] == "\n" else stop


def _line(scanned: Scan, start: int, end: int) -> _Line:
    first, last = _trimmed(scanned.text, start, end)
    if first >= last:
        return _Line("blank", first, last)
    return _Line("text" if scanned.code[first:last].strip() else "comment", first, last)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    inside = text[start:end]
    return start + len(inside) - len(inside.lstrip()), start + len(inside.rstrip())


_ITEM = re.compile(
    r"(?:(?P<block>function|task)|(?:typedef|import|localparam|parameter|const|extern|timeunit|timeprecision|logic|wire"
    r"|reg|bit|byte|int|shortint|longint|integer))\b"
)
_ATTEMPTS = 100
"""Maximum number of lines between two modules that are tried as the start of a declaration."""
_ENDS = {
    "function": re.compile(r"\bendfunction\b(?:\s*:\s*\w+)?"),
    "task": re.compile(r"\bendtask\b(?:\s*:\s*\w+)?"),
}


def _salvaged(scanned: Scan, texts: list[_Line], end: int) -> list[Piece]:
    """Yield the declarations in *texts*, which also hold prose."""
    items: list[Piece] = []
    at = 0
    likely = [(line, found) for line in texts if (found := _ITEM.match(scanned.code, line.start))]
    for line, found in likely[:_ATTEMPTS]:
        if line.start < at:
            continue
        stop = _item_end(scanned.code, found, end)
        item = Piece("item", "", line.start, stop)
        if stop and _is_code(scanned, item):
            items.append(item)
            at = stop
    return items


def _item_end(code: str, found: re.Match[str], end: int) -> int:
    """Return where the declaration that begins at *found* ends; 0 if it does not end before *end*."""
    if found["block"]:
        ending = _ENDS[found["block"]].search(code, found.end(), end)
        return ending.end() if ending else 0
    depth = 0
    for mark in _BRACKETS.finditer(code, found.end(), end):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if mark[0] == ";" and depth <= 0:
            return mark.end()
    return 0


_BRACKETS = re.compile(r"[{};]")
_AT_FILE_SCOPE = frozenset(
    {
        *(SyntaxKind.TypedefDeclaration, SyntaxKind.ForwardTypedefDeclaration),
        *(SyntaxKind.PackageImportDeclaration, SyntaxKind.ParameterDeclarationStatement),
        *(SyntaxKind.FunctionDeclaration, SyntaxKind.TaskDeclaration, SyntaxKind.LetDeclaration),
        *(SyntaxKind.DataDeclaration, SyntaxKind.NetDeclaration, SyntaxKind.NetTypeDeclaration),
        *(SyntaxKind.ExternModuleDecl, SyntaxKind.TimeUnitsDeclaration, SyntaxKind.EmptyMember),
    }
)
_TYPE_NAME = re.compile(r"\btypedef\b[^;{}]*(?:\{[^{}]*\})?[^;{}]*?\b(\w+)\s*(?:\[[^;]*)?;")


def _is_code(scanned: Scan, item: Piece) -> bool:
    """Whether *item* parses as declarations; `Enjoy it;` does only if Enjoy is a type."""
    parsed = parse(f"{macros(scanned, item.start)}\n{scanned.text[item.start : item.end]}")
    if parsed is None or parsed.errors:
        return False
    root = parsed.tree.root
    members = items_of(root, "members", SyntaxNode) if isinstance(root, CompilationUnitSyntax) else [root]
    types = frozenset(_TYPE_NAME.findall(scanned.code))
    return bool(members) and all(
        member.kind in _AT_FILE_SCOPE and _typed(member, types) for member in members
    )


def _typed(member: SyntaxNode, types: frozenset[str]) -> bool:
    if not isinstance(member, DataDeclarationSyntax) or not isinstance(member.type, NamedTypeSyntax):
        return True
    words = [token.valueText for token in tokens(member.type)]
    return "::" in words or words[0] in types


def _near_code(text: str, found: list[Piece]) -> Iterator[Piece]:
    """Drop comments of *found* that touch only prose or nothing."""
    runs: list[list[Piece]] = []
    for piece in found:
        if runs and not text[runs[-1][-1].end : piece.start].strip():
            runs[-1].append(piece)
        else:
            runs.append([piece])
    for run in runs:
        if any(piece.kind != "comment" for piece in run):
            yield from run
