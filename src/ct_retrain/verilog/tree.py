"""Parse Verilog text into a pyslang syntax tree: opens no file, whatever the text includes, and never raises."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeVar

import pyslang
from pyslang import Diagnostic
from pyslang.ast import Compilation, CompilationOptions, InstanceSymbol
from pyslang.parsing import ParserOptions, PreprocessorOptions, Token, TokenKind
from pyslang.syntax import SyntaxKind, SyntaxNode, SyntaxTree

from ct_retrain.verilog.parse_limits import too_much

Visited = SyntaxNode | Token

Item = TypeVar("Item")


class Span(NamedTuple):
    """Byte offsets into the text, end exclusive."""

    start: int
    end: int


class Parsed:
    """A tree and the bytes that its offsets refer to; it is walked once, however many ask for its nodes."""

    def __init__(self, tree: SyntaxTree, data: bytes) -> None:
        """Take *tree*, which was parsed from *data*."""
        self.tree, self.data = tree, data

    @cached_property
    def _walk(self) -> tuple[list[SyntaxNode], list[Token]]:
        """Every node and every token, in text order."""
        nodes: list[SyntaxNode] = []
        tokens: list[Token] = []

        def visit(item: Visited) -> None:
            if isinstance(item, Token):
                tokens.append(item)
            else:
                nodes.append(item)

        self.tree.root.visit(visit)
        return nodes, tokens

    @property
    def nodes(self) -> list[SyntaxNode]:
        """Every syntax node, outer before inner, in text order; the list is shared."""
        return self._walk[0]

    @property
    def all_tokens(self) -> list[Token]:
        """Every token, with those that the parser supplied, in order; the list is shared."""
        return self._walk[1]

    @cached_property
    def tokens(self) -> list[Token]:
        """Every token that is really in the text or a macro, in order; the list is shared."""
        return [token for token in self.all_tokens if not _supplied(token)]

    @cached_property
    def kinds(self) -> Mapping[SyntaxKind, Sequence[SyntaxNode]]:
        """The nodes by their kind, each in text order; all nodes of a kind have one type."""
        found: dict[SyntaxKind, list[SyntaxNode]] = {}
        for node in self.nodes:
            found.setdefault(node.kind, []).append(node)
        return found

    def of(self, *types: type[Item]) -> list[Item]:
        """Return the nodes of *types* in text order."""
        found = [each for each in self.kinds.values() if isinstance(each[0], types)]
        several = found[0] if len(found) == 1 else self.nodes if found else ()
        return [node for node in several if isinstance(node, types)]

    def of_kinds(self, kinds: Collection[SyntaxKind]) -> list[SyntaxNode]:
        """Return the nodes of *kinds*, by kind."""
        return [node for kind, each in self.kinds.items() if kind in kinds for node in each]

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
        if isinstance(item, Token) and not _supplied(item):
            found.append(item)

    root.visit(visit)
    return found


def enclosing(node: SyntaxNode) -> Iterator[SyntaxNode]:
    """Yield every node that *node* is in, from inner to outer."""
    above: SyntaxNode | None = node.parent  # None at the root, which the stubs leave out
    while above is not None:  # pyright: ignore[reportUnnecessaryComparison]
        yield above
        above = above.parent


def _supplied(token: Token) -> bool:
    """Whether the parser supplied *token*, which is not in the text."""
    return token.isMissing or token.kind == TokenKind.EndOfFile


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
