"""Find outputs of a design that no assignment, gate or instance drives."""

from collections.abc import Iterable, Iterator

from pyslang.ast import ArgumentDirection, PortSymbol
from pyslang.syntax import (
    BinaryExpressionSyntax,
    DeclaratorSyntax,
    HierarchyInstantiationSyntax,
    InvocationExpressionSyntax,
    ModuleDeclarationSyntax,
    PostfixUnaryExpressionSyntax,
    PrefixUnaryExpressionSyntax,
    PrimitiveInstantiationSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.kinds import ASSIGNMENTS, identifiers
from ct_retrain.verilog.tree import elaborated, items_of, nodes, parse


def undriven(rtl: str, wanted: Iterable[str]) -> str:
    """Return the first output of a *wanted* module of *rtl* that surely nothing drives, or ""."""
    parsed = parse(rtl)
    if parsed is None:
        return ""
    driven = {node.header.name.valueText: set(_driven(node)) for node in parsed.of(ModuleDeclarationSyntax)}
    for root in elaborated(parsed, frozenset(wanted)):
        for port in items_of(root.body, "portList", PortSymbol):
            if port.direction == ArgumentDirection.Out and port.name not in driven.get(
                root.name, {port.name}
            ):
                return port.name
    return ""


def _driven(module: SyntaxNode) -> Iterator[str]:
    """Return every name in *module* that something may drive."""
    for node in nodes(module):
        match node:
            case BinaryExpressionSyntax() if node.kind in ASSIGNMENTS:
                yield from identifiers(node.left)
            case DeclaratorSyntax() if getattr(node, "initializer", None) is not None:
                yield node.name.valueText
            case (
                HierarchyInstantiationSyntax() | PrimitiveInstantiationSyntax() | InvocationExpressionSyntax()
            ):
                yield from identifiers(node)
                yield from _wild(node, module)
            case PrefixUnaryExpressionSyntax() | PostfixUnaryExpressionSyntax():
                yield from identifiers(node)
            case _ if node.kind in _OTHER:
                yield from identifiers(node)
            case _:
                pass


_OTHER = frozenset({SyntaxKind.ExplicitAnsiPort, SyntaxKind.NetAlias, SyntaxKind.PathDeclaration})
"""A port may be an expression of its own (`.q(inner)`)."""


def _wild(node: SyntaxNode, module: SyntaxNode) -> Iterator[str]:
    """Whether the module uses `.*`, which may drive any name."""
    if any(inner.kind == SyntaxKind.WildcardPortConnection for inner in nodes(node)):
        yield from identifiers(module)
