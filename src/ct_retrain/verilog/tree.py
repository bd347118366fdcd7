"""Parse Verilog text into a pyslang syntax tree: opens no file, whatever the text includes, and never raises."""

from functools import lru_cache
from typing import NamedTuple, TypeVar

import pyslang
from pyslang import Diagnostic
from pyslang.ast import Compilation, CompilationOptions, InstanceSymbol
from pyslang.parsing import ParserOptions, PreprocessorOptions, Token, TokenKind
from pyslang.syntax import SyntaxNode, SyntaxTree

from ct_retrain.verilog.parse_limits import too_much

Visited = SyntaxNode | Token

Item = TypeVar("Item")


class Span(NamedTuple):
    """Byte offsets into the text, end exclusive."""

    start: int
    end: int


class Parsed(NamedTuple):
    """A tree and the bytes that its offsets refer to."""

    tree: SyntaxTree
    data: bytes

    def span(self, item: Visited) -> Span | None:
        """Return where *item* lies in the text; None if a macro produced its beginning or end."""
        where = item.range if isinstance(item, Token) else item.sourceRange
        manager = self.tree.sourceManager
        if not (manager.isFileLoc(where.start) and manager.isFileLoc(where.end)):
            return None
        if where.start.buffer != where.end.buffer or where.end.offset > len(self.data):
            return None
        return Span(where.start.offset, where.end.offset)

    def text(self, item: Visited) -> str:
        """Return the text of *item* without leading comments; "" if it does not lie in the text itself."""
        place = self.span(item)
        return "" if place is None else self.data[place.start : place.end].decode("utf-8", "replace")

    def line(self, item: Visited) -> int:
        """Return the line of *item*, from 1; for an item that a macro produced, the line of the macro's use."""
        return self.line_of(item.range.start if isinstance(item, Token) else item.sourceRange.start)

    def line_of(self, place: pyslang.SourceLocation) -> int:
        """Return the line of a source location, as `line` does."""
        manager = self.tree.sourceManager
        return manager.getLineNumber(manager.getFullyExpandedLoc(place))

    @property
    def errors(self) -> tuple[str, ...]:
        """One code for each syntax error; empty if the text parses."""
        return tuple(str(found.code) for found in self.tree.diagnostics if found.isError())


def parse(text: str) -> Parsed | None:
    """Parse *text*; None if it is too large, too deep or expands too far to be parsed in process.

    The last trees of small texts are cached, because every reader of a design asks for its tree.
    """
    return _remembered(text) if len(text) <= _SMALL else _parsed(text)


_SMALL = 1 << 16
"""Maximum characters of a cached text."""


@lru_cache(maxsize=8)
def _remembered(text: str) -> Parsed | None:
    return _parsed(text)


def _parsed(text: str) -> Parsed | None:
    if too_much(text):
        return None
    data = text.encode("utf-8", "replace")
    preprocessor, parser = PreprocessorOptions(), ParserOptions()
    preprocessor.maxIncludeDepth = 0
    preprocessor.predefines = ["__ICARUS__=1"]
    parser.maxRecursionDepth = 512
    options = pyslang.Bag([preprocessor, parser])
    try:
        tree = SyntaxTree.fromText(
            data.decode(), pyslang.SourceManager(), name="source", path="", options=options
        )
    except RuntimeError:
        return None
    return Parsed(tree, data)


def nodes(root: SyntaxNode) -> list[SyntaxNode]:
    """Return *root* and every syntax node below it, outer before inner, in text order."""
    found: list[SyntaxNode] = []

    def visit(item: Visited) -> None:
        if isinstance(item, SyntaxNode):
            found.append(item)

    root.visit(visit)
    return found


def tokens(root: SyntaxNode) -> list[Token]:
    """Return every token below *root* that is really in the text or a macro, in order."""
    found: list[Token] = []

    def visit(item: Visited) -> None:
        if isinstance(item, Token) and not item.isMissing and item.kind != TokenKind.EndOfFile:
            found.append(item)

    root.visit(visit)
    return found


def items_of(owner: object, name: str, kind: type[Item]) -> list[Item]:
    """Return the items of *kind* in the list *name* of *owner*; pyslang's stubs leave list items untyped."""
    return [item for item in getattr(owner, name) if isinstance(item, kind)]


def elaborated(parsed: Parsed, tops: frozenset[str]) -> list[InstanceSymbol]:
    """Elaborate *parsed* with *tops* as roots, within limits; empty if it is nested too deep."""
    try:
        return items_of(compilation(parsed, tops).getRoot(), "topInstances", InstanceSymbol)
    except RuntimeError:
        return []


def compilation(parsed: Parsed, tops: frozenset[str] | None) -> Compilation:
    """Return *parsed* ready for elaboration within limits; without *tops*, from uninstantiated modules."""
    options = CompilationOptions()
    if tops is not None:
        options.topModules = set(tops)
    options.maxConstexprSteps = 100_000
    options.maxGenerateSteps = 20_000
    options.maxInstanceArray = 20_000
    options.maxInstanceDepth = 64
    # By default pyslang stops after 64 errors.
    options.errorLimit = 0
    made = Compilation(pyslang.Bag([options]))
    made.addSyntaxTree(parsed.tree)
    return made


def elaboration(parsed: Parsed) -> list[Diagnostic] | None:
    """Return what elaboration of *parsed* finds beyond syntax errors; None if it cannot be elaborated."""
    try:
        return list(compilation(parsed, None).getAllDiagnostics())
    except RuntimeError:
        return None


def code_of(found: Diagnostic) -> str:
    """Return `UndeclaredIdentifier` for `DiagCode(UndeclaredIdentifier)`."""
    return str(found.code).removeprefix("DiagCode(").removesuffix(")")
