"""Rewrite packed arrays of several dimensions as plain vectors, for a parser that knows only vectors.

`logic [3:0][7:0] x` becomes `logic [4*8-1:0] x`, and `x[i][j]` becomes `x[i*8 + j]`: the same bits in the
same order, so connections to ports do not change. Covered are dimensions that end at 0, in declarations of
nets, variables and ports with a built-in type. A name is left unchanged if it is declared twice in its
module, used from another module, or asked for its dimensions (`$size`, `foreach`, `'{...}`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    BitSelectSyntax,
    DataDeclarationSyntax,
    DeclaratorSyntax,
    IdentifierSelectNameSyntax,
    ImplicitAnsiPortSyntax,
    ImplicitTypeSyntax,
    IntegerTypeSyntax,
    ModuleDeclarationSyntax,
    NetDeclarationSyntax,
    RangeSelectSyntax,
    ScopedNameSyntax,
    SyntaxKind,
    SyntaxNode,
    VariableDimensionSyntax,
)

from ct_retrain.verilog.edits import Edit
from ct_retrain.verilog.tree import Parsed, items_of, nodes, tokens

_ASKING = frozenset({"$size", "$left", "$right", "$high", "$low", "$increment", "$dimensions"})
_PATTERNS = frozenset({SyntaxKind.AssignmentPatternExpression, SyntaxKind.ForeachLoopStatement})
_FLAT = 1
"""Dimensions of a plain vector."""


class _Array(NamedTuple):
    """The declaration of a name."""

    sizes: tuple[str, ...]
    """Number of elements of each packed dimension, outermost first, as expressions."""
    unpacked: int
    """Number of unpacked dimensions, whose selects come before those of `sizes`."""

    def stride(self, depth: int) -> str:
        """Return the bits from one element of the packed dimension *depth* to the next."""
        return "*".join(self.sizes[depth + 1 :]) or "1"


def flattened(parsed: Parsed) -> Iterator[Edit]:
    """Return edits that make every packed array of *parsed* a vector, if it can be one."""
    for module in parsed.of(ModuleDeclarationSyntax):
        yield from _in_module(parsed, module)


_Declaration: TypeAlias = tuple[IntegerTypeSyntax | ImplicitTypeSyntax, list[DeclaratorSyntax]]


def _in_module(parsed: Parsed, module: ModuleDeclarationSyntax) -> Iterator[Edit]:
    found = [(*one, sizes) for one in _declarations(module) if (sizes := _sizes(parsed, one[0]))]
    if not found or _asks(module):
        return
    names = Counter(each.name.valueText for each in nodes(module) if isinstance(each, DeclaratorSyntax))
    elsewhere = {word.valueText for path in _paths(module) for word in tokens(path)}
    arrays: dict[str, _Array] = {}
    for kind, declared, sizes in found:
        held = [one.name.valueText for one in declared]
        if all(names[name] == 1 and name not in elsewhere for name in held):
            yield from _declared_flat(parsed, kind, sizes)
            for one in declared:
                unpacked = len(items_of(one, "dimensions", SyntaxNode))
                arrays[one.name.valueText] = _Array(sizes, unpacked)
    yield from _selected(parsed, module, arrays)


def _declarations(module: ModuleDeclarationSyntax) -> Iterator[_Declaration]:
    """Yield the types of nets, variables and ports of *module*, each with what it declares."""
    for node in nodes(module):
        match node:
            case DataDeclarationSyntax() | NetDeclarationSyntax():
                kind: SyntaxNode | None = node.type
                declared = items_of(node, "declarators", DeclaratorSyntax)
            case ImplicitAnsiPortSyntax():
                kind = getattr(node.header, "dataType", None)
                declared = [node.declarator]
            case _:
                continue
        if isinstance(kind, IntegerTypeSyntax | ImplicitTypeSyntax):
            yield kind, declared


def _sizes(parsed: Parsed, kind: IntegerTypeSyntax | ImplicitTypeSyntax) -> tuple[str, ...]:
    """Return the number of elements of each dimension of *kind*; none for a vector, or if one does not end at
    0.
    """
    dimensions = items_of(kind, "dimensions", VariableDimensionSyntax)
    if len(dimensions) <= _FLAT:
        return ()
    ranges = [*map(_range, dimensions)]
    ends = [(parsed.text(one.left), parsed.text(one.right)) for one in ranges if one is not None]
    if len(ends) < len(ranges) or any(right.strip() != "0" for _, right in ends):
        return ()
    return tuple(f"(({left})+1)" for left, _ in ends)


def _range(dimension: VariableDimensionSyntax) -> RangeSelectSyntax | None:
    return next((one for one in nodes(dimension) if isinstance(one, RangeSelectSyntax)), None)


def _asks(module: ModuleDeclarationSyntax) -> bool:
    """Whether something in *module* depends on the number of a name's dimensions."""
    return any(node.kind in _PATTERNS for node in nodes(module)) or any(
        word.kind == TokenKind.SystemIdentifier and word.valueText in _ASKING for word in tokens(module)
    )


def _paths(module: ModuleDeclarationSyntax) -> Iterator[ScopedNameSyntax]:
    return (node for node in nodes(module) if isinstance(node, ScopedNameSyntax))


def _declared_flat(
    parsed: Parsed, kind: IntegerTypeSyntax | ImplicitTypeSyntax, sizes: Sequence[str]
) -> Iterator[Edit]:
    spans = [parsed.span(one) for one in items_of(kind, "dimensions", SyntaxNode)]
    first, last = spans[0], spans[-1]
    if first is not None and last is not None:
        yield Edit(first.start, last.end, f"[{'*'.join(sizes)}-1:0]")


def _selected(parsed: Parsed, module: SyntaxNode, arrays: Mapping[str, _Array]) -> Iterator[Edit]:
    for node in nodes(module):
        if isinstance(node, IdentifierSelectNameSyntax) and node.identifier.valueText in arrays:
            array = arrays[node.identifier.valueText]
            selects = items_of(node, "selectors", SyntaxNode)[array.unpacked :]
            if selects:
                yield from _one_select(parsed, selects, array)


class _Select(NamedTuple):
    """What one select takes of a dimension."""

    start: SyntaxNode
    """The expression of an element."""
    shift: str = ""
    """From that element to the lowest one, as text."""
    elements: str = ""
    """Number of elements, as text; "" for one that is selected as such."""


def _one_select(parsed: Parsed, selects: Sequence[SyntaxNode], array: _Array) -> Iterator[Edit]:
    """Return edits that make *selects* one select; their variable expressions stay in place, since they may hold
    others.
    """
    for depth, select in enumerate(selects):
        taken = _select(parsed, select)
        whole, start = parsed.span(select), parsed.span(taken.start) if taken is not None else None
        if taken is None or whole is None or start is None:
            return
        stride, last = array.stride(depth), depth + 1 == len(selects)
        width = f"({taken.elements})*{stride}" if taken.elements else stride
        end = (f" +: {width}]" if width != "1" else "]") if last else ""
        opened, shifted = ("(", f"){taken.shift}") if taken.shift else ("", "")
        yield Edit(whole.start, start.start, f"{'[(' if depth == 0 else '+('}{opened}")
        yield Edit(start.end, whole.end, f"{shifted})*{stride}{end}")


def _select(parsed: Parsed, select: SyntaxNode) -> _Select | None:
    inner = next((one for one in nodes(select) if isinstance(one, BitSelectSyntax | RangeSelectSyntax)), None)
    if not isinstance(inner, RangeSelectSyntax):
        return None if inner is None else _Select(inner)
    left, right = parsed.text(inner.left), parsed.text(inner.right)
    match inner.kind:
        case SyntaxKind.AscendingRangeSelect:
            return _Select(inner.left, elements=right)
        case SyntaxKind.DescendingRangeSelect:
            return _Select(inner.left, f"-({right})+1", right)
        case _:
            return _Select(inner.right, elements=f"({left})-({right})+1")
