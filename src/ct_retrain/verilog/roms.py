"""Insert the contents of memory files into a design, so that no tool has to open a file.

`initial $readmemh("rom.hex", rom);` is replaced by equivalent assignments on the same line. A file that the
testbench also reads is not given to the design, because it may hold the expected answers. A load without
contents is removed by the guard, and its memory stays unknown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    DeclaratorSyntax,
    InvocationExpressionSyntax,
    NamedParamAssignmentSyntax,
    OrderedParamAssignmentSyntax,
    SyntaxKind,
    SyntaxNode,
    SystemNameSyntax,
)

from ct_retrain.verilog.edits import Edit, edited
from ct_retrain.verilog.nonfunctional import LOADS, loads, task_of
from ct_retrain.verilog.tree import Parsed, nodes, parse, tokens

MOST_WORDS = 1 << 16
"""Maximum number of words of one file."""


class Filled(NamedTuple):
    """A design with its memories filled."""

    text: str
    notes: tuple[str, ...]
    """One sentence for each memory that stays unknown, with the reason."""


def filled(rtl: str, files: Mapping[str, str], testbench: str = "") -> Filled:
    """Fill the memories of *rtl* from *files* (name → text); files that *testbench* reads are withheld."""
    if not LOADS.search(rtl):
        return Filled(rtl, ())
    parsed = parse(rtl)
    if parsed is None:
        return Filled(rtl, ())
    bench = parse(testbench)
    kept = _kept(bench, files) if bench is not None else frozenset(files)
    spelled = {*_literals(parsed), *(_literals(bench) if bench is not None else ())}
    library = _Library(files, kept, tuple(sorted(spelled)))
    edits: list[Edit] = []
    notes: list[str] = []
    for node in parsed.nodes:
        place = parsed.span(node)
        if place is None or not loads(node):
            continue
        made = _assignments(parsed, node, library)
        edits += [Edit(place.start, place.end, made.text)] if made.text else []
        notes += [f"line {parsed.line(node)}: {note}" for note in made.notes]
    return Filled(edited(parsed.data, edits), tuple(notes))


class _Library(NamedTuple):
    """The files, and the names by which they may be loaded."""

    files: Mapping[str, str]
    kept: frozenset[str]
    """Names of the files that the testbench reads."""
    spelled: tuple[str, ...]
    """Every string of the design and the testbench."""


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _assignments(parsed: Parsed, node: SyntaxNode, library: _Library) -> Filled:
    """Return the assignments equivalent to the load *node*; "" if they are not known."""
    arguments = _arguments(parsed, node)
    if len(arguments) < _NAMED:
        return Filled("", ("a load names a file and a memory, and this one does not",))
    file, memory = arguments[0], arguments[1]
    fixed = file[1:-1] if file.startswith('"') else None
    wanted = [fixed] if fixed is not None else [name for name in library.spelled if _base(name)]
    known = [name for name in wanted if _base(name) in library.files]
    if not known:
        return Filled("", (f"the file that fills {memory} was not given: {file}",))
    open_to_all = [name for name in known if _base(name) not in library.kept]
    if not open_to_all:
        return Filled(
            "", (f"{file} is read by the testbench and may hold its answers, so the design does not get it",)
        )
    low = arguments[2] if len(arguments) > _NAMED else _low(parsed, memory)
    choices: list[str] = []
    for name in open_to_all:
        words = _words(library.files[_base(name)], binary=task_of(node) == "$readmemb")
        if words is None:
            return Filled("", (f"{_base(name)} is no memory file, or holds more than {MOST_WORDS} words",))
        if low is None and any(address is None for address, _ in words[:1]):
            return Filled("", (f"{memory} has no first address that can be told from the text",))
        body = " ".join(_stores(memory, low or "0", words))
        choices.append(
            f"begin {body} end" if fixed is not None else f'if ({file} == "{name}") begin {body} end'
        )
    return Filled(f"begin {' else '.join(choices)} end", ())


_NAMED = 2
"""Arguments that every load has."""


def _arguments(parsed: Parsed, node: SyntaxNode) -> list[str]:
    """Return the arguments of the call *node* as written."""
    calls = [one for one in nodes(node) if isinstance(one, InvocationExpressionSyntax)]
    given = calls[0].arguments if calls else None
    kinds = {SyntaxKind.OrderedArgument}
    return [parsed.text(one) for one in nodes(given) if one.kind in kinds] if given is not None else []


def _low(parsed: Parsed, memory: str) -> str | None:
    """Return the lowest address of *memory*, if the text states it."""
    for node in parsed.nodes:
        if isinstance(node, DeclaratorSyntax) and node.name.valueText == memory:
            dimension = next((one for one in nodes(node) if one.kind == SyntaxKind.VariableDimension), None)
            written = parsed.text(dimension).strip("[] ") if dimension is not None else ""
            ends = [end.strip() for end in written.split(":")]
            if len(ends) == 1 and ends[0]:
                return "0"
            if "0" in ends:
                return "0"
            if all(end.isdecimal() for end in ends):
                return min(ends, key=int)
    return None


_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = {False: re.compile(r"[0-9a-fA-FxXzZ?_]+"), True: re.compile(r"[01xXzZ?_]+")}
_ADDRESS = re.compile(r"@[0-9a-fA-F]+")


def _words(text: str, *, binary: bool) -> list[tuple[int | None, str]] | None:
    """Return each word of a memory file as a literal, with its address if given; None for another file."""
    found: list[tuple[int | None, str]] = []
    at: int | None = None
    for piece in _COMMENT.sub(" ", text).split():
        if _ADDRESS.fullmatch(piece):
            at = int(piece[1:], 16)
            continue
        digits = piece.replace("_", "")
        if not digits or not _WORD[binary].fullmatch(piece) or len(found) >= MOST_WORDS:
            return None
        width = len(digits) * (1 if binary else 4)
        found.append((at, f"{width}'{'b' if binary else 'h'}{digits}"))
        at = None if at is None else at + 1
    return found


def _stores(memory: str, low: str, words: list[tuple[int | None, str]]) -> Iterator[str]:
    for index, (address, word) in enumerate(words):
        at = str(address) if address is not None else str(index) if low == "0" else f"({low})+{index}"
        yield f"{memory}[{at}] = {word};"


def _literals(parsed: Parsed) -> set[str]:
    return {word.rawText[1:-1] for word in parsed.tokens if word.kind == TokenKind.StringLiteral}


_OPENS = re.compile(r"\$fopen|\$readmem[hb]")
_COMPUTES = re.compile(r"\$s?format\w*|\$swrite\w*|\$psprintf|\$value\$plusargs")


def _kept(bench: Parsed, files: Iterable[str]) -> frozenset[str]:
    """Return those of *files* that the testbench may read: it names them, or a part of them that it joins
    to another, for more than a DUT parameter.
    """
    everything = bench.nodes
    opens = any(
        isinstance(node, SystemNameSyntax) and _OPENS.fullmatch(node.systemIdentifier.valueText)
        for node in everything
    )
    if not opens:
        return frozenset()
    text = bench.data.decode("utf-8", "replace")
    if _COMPUTES.search(text):
        return frozenset(files)
    passed = {
        place
        for node in everything
        if isinstance(node, NamedParamAssignmentSyntax | OrderedParamAssignmentSyntax)
        for word in tokens(node)
        if (place := bench.span(word)) is not None
    }
    joined = [
        [word.rawText[1:-1] for word in tokens(node) if word.kind == TokenKind.StringLiteral]
        for node in bench.kinds.get(SyntaxKind.ConcatenationExpression, ())
    ]
    parts = [bases for each in joined if (bases := [base for text in each if (base := _base(text))])]
    built = {name for name in files if any(all(base in _base(name) for base in each) for each in parts)}
    return frozenset(map(_base, built)) | {
        _base(word.rawText[1:-1])
        for word in bench.tokens
        if word.kind == TokenKind.StringLiteral and bench.span(word) not in passed
    }
