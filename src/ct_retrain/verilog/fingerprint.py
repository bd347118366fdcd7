"""Digests that recognise equal designs: `canonical` as a testbench sees them, `shape` as a reader does.

Equal digests mean equal tokens up to names that are not visible outside, hence equal designs. Different
digests prove nothing (a swapped operand is another text). Text that the preprocessor leaves out is not
counted.
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
    """Return the sha256 (hex) of *rtl* without comments, spacing and inner names; bindable names are kept."""
    return _digest(rtl, outer=False)


def shape(rtl: str) -> str:
    """Return the sha256 (hex) of *rtl* with module, parameter and port names removed as well."""
    return _digest(rtl, outer=True)


def shape_words(rtl: str) -> list[str]:
    """Return the tokens that `shape` digests, in order."""
    return _listed(rtl, outer=True)


class _Scope(NamedTuple):
    """One declaration of the text, and the names in it that must not be renamed."""

    tokens: list[Token]
    public: set[str]
    """Ports, parameters, modules, and names used in connections."""
    fixed: set[str]
    """Names that also mean something elsewhere: after a dot, or in a connection by the same name."""
    wildcard: bool
    """Whether `.*` occurs, which connects by name, so that every name counts."""


def _digest(rtl: str, *, outer: bool) -> str:
    return hashlib.sha256("\x1f".join(_listed(rtl, outer=outer)).encode("utf-8", "replace")).hexdigest()


def _listed(rtl: str, *, outer: bool) -> list[str]:
    parsed = parse(rtl)
    return rtl.split() if parsed is None or parsed.errors else list(_words(parsed, outer=outer))


def _words(parsed: Parsed, *, outer: bool) -> Iterator[str]:
    """Return every token as text, with each free name replaced by the order of its first use in the module."""
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
    """Collect the names of *member* in one walk."""
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
"""The nodes that `_public` and `_fixed` handle; testing the kind is cheaper than matching the class."""


def _public(node: SyntaxNode) -> Iterator[str]:
    """Yield names that *node* declares or uses and that other modules or the testbench can see."""
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
    """Yield names in *node* that stand for something declared elsewhere."""
    match node:
        case NamedPortConnectionSyntax() if node.openParen.isMissing or not node.openParen.rawText:
            yield node.name.valueText
        case ScopedNameSyntax():
            yield from identifiers(node)
        case MemberAccessExpressionSyntax():
            yield node.name.valueText
        case _:
            pass
