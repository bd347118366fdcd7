"""Extract the RTL from a model's answer: its compilation unit without prose, fences, drafts and testbenches."""

import re
from collections.abc import Iterator, Sequence

from ct_retrain.core.rules.thoughts import split_thoughts
from ct_retrain.verilog.drafts import Place, left_out
from ct_retrain.verilog.illegal import faults
from ct_retrain.verilog.pieces import ELEMENTS, Piece, Pieces, pieces
from ct_retrain.verilog.regions import regions, unmarked


def spoken(answer: str) -> str:
    """Return *answer* without thoughts, byte-order mark and carriage returns; "" if its thoughts never end."""
    return split_thoughts(answer.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")).answer


def find_rtl(answer: str, top: str = "") -> str:
    """Return the compilation unit in *answer*, as written and in order; "" if it holds no complete module.

    - Kept: modules, packages and interfaces, with the directives, comments and file-scope declarations that
      belong to them.
    - Left out: prose, testbenches, programs and classes.
    - Fenced code is preferred over the text around it.
    - Of two modules of one name the later is kept, because models correct themselves, unless only the later
      has syntax errors.
    - *top* is the wanted module's name, if known: a module that instantiates it is a testbench.
    """
    first = ""
    for blocks in _candidates(spoken(answer)):
        out = left_out(blocks, top)
        found = _written(blocks, out)
        if found and (not top or _defines(blocks, out, top)):
            return found
        first = first or found
    return first


def _candidates(text: str) -> Iterator[list[Pieces]]:
    """Yield ways to read *text*, the likeliest first."""
    found = [(region.marked, pieces(region.text)) for region in regions(text)]
    marked = [block for inside, block in found if inside]
    if marked:
        yield marked
    yield [block for inside, block in found if not inside]
    if marked:
        yield [block for _, block in found]
        yield [pieces(unmarked(text))]


def _defines(blocks: Sequence[Pieces], out: frozenset[Place], top: str) -> bool:
    return any(
        piece.name == top and piece.kind in ELEMENTS and (number, piece.start) not in out
        for number, block in enumerate(blocks)
        for piece in block.found
    )


def _written(blocks: Sequence[Pieces], out: frozenset[Place]) -> str:
    """Join *blocks* without the elements in *out*: those with a module, preceded by those that these need."""
    bodies: list[str] = []
    headers: list[str] = []
    for number, block in enumerate(blocks):
        kept = [
            piece.kind for piece in block.found if piece.kind in ELEMENTS and (number, piece.start) not in out
        ]
        dropped = frozenset(start for place, start in out if place == number)
        (bodies if "module" in kept else headers).append(_assembled(block, dropped))
    text = _joined(bodies)
    headers = [header for header in headers if header]
    if not text:
        packages = [header for header in headers if _ELEMENT.search(header)]
        return _joined(packages)
    # A block of the answer is the file that another one includes.
    if headers or (len(bodies) > 1 and "`include" in text):
        whole = _joined([*headers, _INCLUDE.sub("", text)])
        text = whole if faults(whole) < faults(text) else text
    return text


_INCLUDE = re.compile(r"^[ \t]*`include\b[^\n]*\n?", re.MULTILINE)
_ELEMENT = re.compile(r"\bend(?:package|interface|primitive)\b")


def _joined(texts: Sequence[str]) -> str:
    """Join *texts*, each distinct one once."""
    each = dict.fromkeys(text for text in texts if text)
    return "\n\n".join(each) + "\n" if each else ""


def _assembled(block: Pieces, out: frozenset[int]) -> str:
    """Join the pieces of *block* that stay, with white space; "" if only comments and conditionals stay."""
    kept = _kept(block, out)
    if all(piece.kind == "comment" for piece in kept):
        return ""
    text, parts, at = block.scanned.text, [], -1
    for piece in kept:
        if at >= 0:
            space = text[at : piece.start]
            parts.append(space if not space.strip() else "\n\n")
        parts.append(block.text(piece))
        at = piece.end
    return "".join(parts)


def _kept(block: Pieces, out: frozenset[int]) -> list[Piece]:
    """Return the pieces that stay; comments and includes directly before a testbench go with it."""
    empty = _emptied(block, out)
    kept: list[Piece] = []
    waiting: list[Piece] = []
    gone = False
    for piece in block.found:
        if piece in empty:
            continue
        if piece.kind == "comment" or (piece.kind == "directive" and _includes(block, piece)):
            same_line = kept and "\n" not in block.scanned.text[kept[-1].end : piece.start]
            (kept if same_line and not waiting else waiting).append(piece)
            continue
        gone = piece.kind == "foreign" or piece.start in out
        kept += [] if gone else [*waiting, piece]
        waiting = []
    return [*kept, *(piece for piece in waiting if piece.kind == "comment" and kept and not gone)]


def _includes(block: Pieces, piece: Piece) -> bool:
    return block.text(piece).startswith("`include")


def _emptied(block: Pieces, out: frozenset[int]) -> set[Piece]:
    """Return the conditional directives that enclose only elements in *out*."""
    opened: list[int] = []
    empty: set[Piece] = set()
    for at, piece in enumerate(block.found):
        word = block.text(piece).lstrip()[:6] if piece.kind == "directive" else ""
        if word.startswith(("`ifdef", "`ifnde")):
            opened.append(at)
        elif word == "`endif" and opened:
            inside = block.found[opened.pop() : at + 1]
            gone = [one for one in inside if one.start in out or one.kind == "foreign"]
            rest = [one for one in inside if one.kind not in {"comment", "directive", "foreign"}]
            if gone and all(one.start in out for one in rest):
                empty.update(one for one in inside if one.kind in {"comment", "directive"})
    return empty
