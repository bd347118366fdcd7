"""Digests by which two texts are the same design: `canonical` for a testbench, `shape` for a reader.

Equal digests mean equal tokens up to names nobody outside can see, so equal designs; different digests mean
nothing (a swapped operand is another text). What the preprocessor leaves out is left out here too.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from pyslang.parsing import Token, TokenKind
from pyslang.syntax import (
    CompilationUnitSyntax,
    DeclaratorSyntax,
    ExplicitAnsiPortSyntax,
    ExplicitNonAnsiPortSyntax,
    HierarchyInstantiationSyntax,
    ImplicitAnsiPortSyntax,
    MemberAccessExpressionSyntax,
    ModuleDeclarationSyntax,
    NamedParamAssignmentSyntax,
    NamedPortConnectionSyntax,
    ParameterDeclarationSyntax,
    PortReferenceSyntax,
    ScopedNameSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.kinds import identifiers
from ct_retrain.verilog.tree import Parsed, Visited, items_of, parse


def canonical(rtl: str) -> str:
    """Sha256 (hex) of *rtl* without comments, spacing and inner names; what a testbench can bind keeps its name."""
    return _digest(rtl, outer=False)


def shape(rtl: str) -> str:
    """Sha256 (hex) of *rtl* with the names of modules, parameters and ports gone as well."""
    return _digest(rtl, outer=True)


def shape_words(rtl: str) -> list[str]:
    """The tokens that `shape` digests, in order."""
    return _listed(rtl, outer=True)


class _Scope(NamedTuple):
    """One declaration of the text and the names in it that are not free to change."""

    tokens: list[Token]
    public: set[str]
    """Ports, parameters, modules, and what connections name."""
    fixed: set[str]
    """Names that mean something elsewhere too: after a dot, or in a connection by the same name."""
    wildcard: bool
    """`.*` connects by name, so every name counts."""


def _digest(rtl: str, *, outer: bool) -> str:
    return hashlib.sha256("\x1f".join(_listed(rtl, outer=outer)).encode("utf-8", "replace")).hexdigest()


def _listed(rtl: str, *, outer: bool) -> list[str]:
    parsed = parse(rtl)
    return rtl.split() if parsed is None or parsed.errors else list(_words(parsed, outer=outer))


def _words(parsed: Parsed, *, outer: bool) -> Iterator[str]:
    """Every token as text, a free name replaced by its number of appearance in its module."""
    root = parsed.tree.root
    members = items_of(root, "members", SyntaxNode) if isinstance(root, CompilationUnitSyntax) else [root]
    scopes = [_scope(member) for member in members]
    fixed = {name for scope in scopes for name in scope.fixed}
    public: dict[str, str] = {}
    for member, scope in zip(members, scopes, strict=True):
        inner: dict[str, str] = {}
        kept = scope.wildcard or member.kind != SyntaxKind.ModuleDeclaration
        for token in scope.tokens:
            word = token.valueText if token.kind == TokenKind.Identifier else token.rawText
            if token.kind != TokenKind.Identifier or word in fixed or kept:
                yield word
            elif word in scope.public:
                yield public.setdefault(word, f"\x1e{len(public)}") if outer else word
            else:
                yield inner.setdefault(word, f"\x1d{len(inner)}")


def _scope(member: SyntaxNode) -> _Scope:
    """The names of *member*, by one walk over it."""
    scope = _Scope([], set(), set(), wildcard=False)
    wildcards: list[SyntaxNode] = []

    def visit(item: Visited) -> None:
        if isinstance(item, Token):
            if not item.isMissing and item.kind != TokenKind.EndOfFile:
                scope.tokens.append(item)
        elif item.kind == SyntaxKind.WildcardPortConnection:
            wildcards.append(item)
        elif item.kind in _NAMING:
            scope.public.update(_public(item))
            scope.fixed.update(_fixed(item))

    member.visit(visit)
    return scope._replace(wildcard=bool(wildcards))


_NAMING = frozenset(
    {
        SyntaxKind.ModuleDeclaration,
        SyntaxKind.HierarchyInstantiation,
        SyntaxKind.ImplicitAnsiPort,
        SyntaxKind.ExplicitAnsiPort,
        SyntaxKind.ExplicitNonAnsiPort,
        SyntaxKind.PortReference,
        SyntaxKind.ParameterDeclaration,
        SyntaxKind.NamedParamAssignment,
        SyntaxKind.NamedPortConnection,
        SyntaxKind.ScopedName,
        SyntaxKind.MemberAccessExpression,
    }
)
"""The nodes that `_public` and `_fixed` know; asking for the kind is cheaper than matching the class."""


def _public(node: SyntaxNode) -> Iterator[str]:
    """Names that *node* declares or uses and that other modules, or the testbench, can see."""
    match node:
        case ModuleDeclarationSyntax():
            yield node.header.name.valueText
        case HierarchyInstantiationSyntax():
            yield node.type.valueText
        case ImplicitAnsiPortSyntax():
            yield node.declarator.name.valueText
        case ExplicitAnsiPortSyntax() | ExplicitNonAnsiPortSyntax() | PortReferenceSyntax():
            yield node.name.valueText
        case ParameterDeclarationSyntax() if node.keyword.kind == TokenKind.ParameterKeyword:
            yield from (item.name.valueText for item in items_of(node, "declarators", DeclaratorSyntax))
        case NamedParamAssignmentSyntax() | NamedPortConnectionSyntax():
            yield node.name.valueText
        case _:
            pass


def _fixed(node: SyntaxNode) -> Iterator[str]:
    """Names in *node* that stand for something declared elsewhere."""
    match node:
        case NamedPortConnectionSyntax() if node.openParen.isMissing or not node.openParen.rawText:
            yield node.name.valueText
        case ScopedNameSyntax():
            yield from identifiers(node)
        case MemberAccessExpressionSyntax():
            yield node.name.valueText
        case _:
            pass
