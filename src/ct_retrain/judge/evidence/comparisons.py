"""Find comparisons in a testbench that an unknown bit could pass.

`q !== expected` detects an x, and so does `{a} === ({a} ^ {q} ^ {a})`. Others may not: `q != expected` is
neither true nor false for an x, `if (valid)` takes the other branch, and a value computed from an x is
unknown, too. Whatever is not surely of the first kind counts as loose; that costs one more run, and never
changes a verdict by itself.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pyslang.syntax import (
    BinaryExpressionSyntax,
    DeclaratorSyntax,
    EventControlWithExpressionSyntax,
    HierarchicalInstanceSyntax,
    HierarchyInstantiationSyntax,
    IdentifierNameSyntax,
    IdentifierSelectNameSyntax,
    InvocationExpressionSyntax,
    NamedPortConnectionSyntax,
    OrderedPortConnectionSyntax,
    PortListSyntax,
    SyntaxKind,
    SyntaxNode,
    SystemNameSyntax,
    WildcardPortConnectionSyntax,
)

from ct_retrain.verilog.kinds import identifiers, instance_name
from ct_retrain.verilog.modules import Module
from ct_retrain.verilog.tree import Parsed, items_of, nodes, tokens


class LooseComparisons(NamedTuple):
    """How a testbench is connected to the design, and its loose comparisons."""

    tied: tuple[tuple[str, frozenset[str]], ...]
    """(port, or its position as a number; names in the connected expression); `*` for all by name."""
    loose: frozenset[str]
    """Names that are compared in a way that an unknown bit could pass."""
    inside: bool
    """Whether it looks inside the design by a hierarchical name."""

    def loosely(self, modules: Iterable[Module], wanted: Iterable[str]) -> bool:
        """Whether an output of the *wanted* ones among *modules* is compared loosely."""
        tied = dict(self.tied)
        seen: set[str] = set()
        for module in modules:
            for place, port in enumerate(module.ports if module.name in wanted else ()):
                if port.direction != "input":
                    seen |= tied.get(port.name, tied.get(str(place), frozenset()))
                    seen |= {port.name} if "*" in tied else set()
        return self.inside or bool(seen & self.loose)


def loose_comparisons(parsed: Parsed, wanted: Iterable[str]) -> LooseComparisons:
    """Return how the testbench *parsed* compares signals of the modules that it *wanted*."""
    everything = parsed.nodes
    tied: dict[str, frozenset[str]] = {}
    quiet: set[int] = set()
    instances: set[str] = set()
    for node in everything:
        if isinstance(node, HierarchyInstantiationSyntax) and node.type.valueText in wanted:
            for item in items_of(node, "instances", HierarchicalInstanceSyntax):
                instances.add(instance_name(item))
                for port, names in _tied(item):
                    tied[port] = tied.get(port, frozenset()) | names
            quiet |= _within(node)
        elif _says_nothing(node):
            quiet |= _within(node)
        elif isinstance(node, BinaryExpressionSyntax) and _tight(node):
            # An expression on both sides may be x on both, and then they are equal.
            both = _words(node.left) & _words(node.right)
            quiet |= {_key(one) for one in nodes(node) if isinstance(one, _NAMES) and not _words(one) & both}
    words = [node for node in everything if isinstance(node, _NAMES) and _key(node) not in quiet]
    loose = {node.identifier.valueText for node in words}
    inside = any(
        node.kind == SyntaxKind.ScopedName and {word.valueText for word in tokens(node)} & instances
        for node in everything
    )
    return LooseComparisons(tuple(sorted(tied.items())), frozenset(loose), inside)


_NAMES = (IdentifierNameSyntax, IdentifierSelectNameSyntax)


def _tied(item: HierarchicalInstanceSyntax) -> list[tuple[str, frozenset[str]]]:
    found: list[tuple[str, frozenset[str]]] = []
    for place, one in enumerate(items_of(item, "connections", SyntaxNode)):
        match one:
            case NamedPortConnectionSyntax():
                name, tied = one.name.valueText, getattr(one, "expr", None)
                found.append((name, _words(tied) if tied is not None else frozenset({name})))
            case OrderedPortConnectionSyntax():
                found.append((str(place), _words(one)))
            case WildcardPortConnectionSyntax():
                found.append(("*", frozenset()))
            case _:
                pass
    return found


def _words(node: SyntaxNode) -> frozenset[str]:
    return frozenset(identifiers(node))


def _key(node: SyntaxNode) -> int:
    return node.sourceRange.start.offset


def _within(node: SyntaxNode) -> set[int]:
    return {_key(inner) for inner in nodes(node) if isinstance(inner, _NAMES)}


_SPEAKING = (
    "$display",
    "$write",
    "$monitor",
    "$strobe",
    "$fdisplay",
    "$fwrite",
    "$fmonitor",
    "$fstrobe",
    "$dump",
)


def _says_nothing(node: SyntaxNode) -> bool:
    """Whether *node* only prints a value, waits for its change, or declares it."""
    if isinstance(node, InvocationExpressionSyntax) and isinstance(node.left, SystemNameSyntax):
        return node.left.systemIdentifier.valueText.startswith(_SPEAKING)
    return isinstance(node, EventControlWithExpressionSyntax | PortListSyntax | DeclaratorSyntax) and not any(
        isinstance(inner, BinaryExpressionSyntax) for inner in nodes(node)
    )


_PLAIN = frozenset(
    {
        SyntaxKind.ConcatenationExpression,
        SyntaxKind.MultipleConcatenationExpression,
        SyntaxKind.ParenthesizedExpression,
        SyntaxKind.BinaryXorExpression,
        SyntaxKind.CaseInequalityExpression,
        SyntaxKind.CaseEqualityExpression,
        SyntaxKind.IdentifierName,
        SyntaxKind.IdentifierSelectName,
        SyntaxKind.ElementSelect,
        SyntaxKind.BitSelect,
        SyntaxKind.SimpleRangeSelect,
        SyntaxKind.AscendingRangeSelect,
        SyntaxKind.DescendingRangeSelect,
        SyntaxKind.IntegerLiteralExpression,
    }
)


def _tight(node: BinaryExpressionSyntax) -> bool:
    """Whether an unknown bit anywhere in *node* makes its sides differ, and the result counts as a failure."""
    if node.kind not in {SyntaxKind.CaseInequalityExpression, SyntaxKind.CaseEqualityExpression}:
        return False
    if not (_words(node.left) and _words(node.right)):
        # `q === 1'b0` may describe a failure, and an x does not match it.
        return False
    return all(inner.kind in _PLAIN for inner in nodes(node))
