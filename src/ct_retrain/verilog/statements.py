"""A design as a multiset of statements: equal for texts that differ in names, order and the spelling of
constants.

A statement is its tokens after the conditions above it. Names are replaced by a colour that encodes where the
name occurs, refined as in the Weisfeiler-Lehman test of graph isomorphism. Numbers are replaced by their
values, so literal widths do not count. The order of blocking assignments does not count either, so two
designs may be equal here and behave differently; the caller has to decide whether that matters.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pyslang.parsing import Token, TokenKind
from pyslang.syntax import (
    CaseItemSyntax,
    DataDeclarationSyntax,
    DeclaratorSyntax,
    ElseClauseSyntax,
    HierarchicalInstanceSyntax,
    MemberSyntax,
    ModuleDeclarationSyntax,
    NamedPortConnectionSyntax,
    NetDeclarationSyntax,
    PortDeclarationSyntax,
    StatementSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.modules import Module
from ct_retrain.verilog.tree import Parsed, items_of, tokens

_ROUNDS = 4
_NAME = "\x1d"
"""Prefix of a word that is a name."""


class Statements(NamedTuple):
    """One or more modules as statements."""

    digest: str
    """Sha256 (hex); equal for equal multisets."""
    size: int
    """Number of statements, without ports and declarations."""
    tokens: int
    """Number of tokens of those statements."""


def module_statements(parsed: Parsed, found: tuple[Module, ...]) -> dict[str, Statements]:
    """Return the statements of every module of *parsed*, by name; *found* are the modules with their ports."""
    ports = {module.name: module for module in found}
    units = {
        name: list(_units_of(node, ports[name]))
        for node in parsed.of(ModuleDeclarationSyntax)
        if (name := node.header.name.valueText) in ports
    }
    return {name: _summed(found) for name, found in units.items()}


def is_clocked(parsed: Parsed) -> bool:
    """Whether *parsed* waits for a clock edge anywhere."""
    edges = {TokenKind.PosEdgeKeyword, TokenKind.NegEdgeKeyword}
    return any(token.kind in edges for token in parsed.tokens)


_Unit = tuple[str, ...]

_OPENING = (
    MemberSyntax,
    StatementSyntax,
    DeclaratorSyntax,
    CaseItemSyntax,
    ElseClauseSyntax,
    HierarchicalInstanceSyntax,
    NamedPortConnectionSyntax,
)
"""Node kinds that may be reordered, or are one of several alternatives."""


def _units_of(node: ModuleDeclarationSyntax, module: Module) -> Iterator[_Unit]:
    for port in module.ports:
        yield ("port", port.direction, str(port.width), _NAME + port.name)
    names = {port.name for port in module.ports}
    for member in items_of(node, "members", SyntaxNode):
        if isinstance(member, PortDeclarationSyntax):
            continue
        if isinstance(member, NetDeclarationSyntax | DataDeclarationSyntax):
            yield from _declared(member, names)
        else:
            yield from _units(member, ())


def _declared(member: NetDeclarationSyntax | DataDeclarationSyntax, ports: set[str]) -> Iterator[_Unit]:
    """Yield a declaration, one name a unit; an initial value counts as an assignment."""
    kind = tuple(_words(tokens(member.type)))
    for declarator in items_of(member, "declarators", DeclaratorSyntax):
        name = declarator.name.valueText
        if name not in ports:
            sizes = [
                word
                for size in items_of(declarator, "dimensions", SyntaxNode)
                for word in _words(tokens(size))
            ]
            yield ("declare", *kind, _NAME + name, *sizes)
        value: SyntaxNode | None = getattr(declarator, "initializer", None)
        if value is not None:
            yield ("assign", _NAME + name, *_words(tokens(value)))


def _units(node: SyntaxNode, context: _Unit) -> Iterator[_Unit]:
    """Yield the statements below *node*, each after its *context* (the conditions above it)."""
    own: list[Token] = []
    inner: list[SyntaxNode] = []
    _split(node, own, inner)
    here = (*context, *_words(own))
    if not inner:
        yield here
    for one in inner:
        yield from _units(one, here)


def _split(node: SyntaxNode, own: list[Token], inner: list[SyntaxNode]) -> None:
    """Return the tokens of *node* that belong to no inner statement, and the inner statements."""
    assigns = node.kind == SyntaxKind.ContinuousAssign
    for index in range(len(node)):
        child = node[index]
        if isinstance(child, Token):
            if not child.isMissing and child.kind != TokenKind.EndOfFile:
                own.append(child)
        elif not isinstance(child, SyntaxNode):
            continue
        elif isinstance(child, _OPENING) or (assigns and child.kind == SyntaxKind.AssignmentExpression):
            inner.append(child)
        else:
            if child.kind == SyntaxKind.EventControlWithExpression and not _edges(child):
                continue
            _split(child, own, inner)


def _edges(node: SyntaxNode) -> bool:
    return any(token.kind in {TokenKind.PosEdgeKeyword, TokenKind.NegEdgeKeyword} for token in tokens(node))


_SILENT = frozenset(
    {"begin", "end", ";", ",", "wire", "reg", "logic", "generate", "endgenerate", "@", "*", "@*", "(*)"}
)
_SAID = {"always_ff": "always", "always_comb": "always", "always_latch": "always"}


def _words(found: list[Token]) -> Iterator[str]:
    """Return tokens as text, with names marked and numbers by value."""
    at = 0
    while at < len(found):
        token = found[at]
        at += 1
        if token.kind == TokenKind.Identifier:
            yield _NAME + token.valueText
        elif token.kind == TokenKind.IntegerLiteral and _is(found, at, TokenKind.IntegerBase):
            continue
        elif token.kind == TokenKind.IntegerBase and at < len(found):
            yield _value(token.rawText, found[at].rawText)
            at += 1
        elif token.kind == TokenKind.IntegerLiteral:
            yield token.rawText.replace("_", "").lstrip("0") or "0"
        elif token.kind == TokenKind.UnbasedUnsizedLiteral:
            yield "0" if token.rawText == "'0" else token.rawText
        elif (word := token.rawText) not in _SILENT or token.kind == TokenKind.Star:
            yield _SAID.get(word, word)


def _is(found: list[Token], at: int, kind: TokenKind) -> bool:
    return at < len(found) and found[at].kind == kind


_BASES = {"b": 2, "o": 8, "d": 10, "h": 16}


def _value(base: str, digits: str) -> str:
    plain = digits.replace("_", "").lower()
    try:
        return str(int(plain, _BASES[base[-1].lower()]))
    except (KeyError, ValueError):
        return f"{base[-1].lower()}{plain}"


def _summed(units: list[_Unit]) -> Statements:
    body = [unit for unit in units if unit and unit[0] not in {"port", "declare"}]
    return Statements(_digest(units), len(body), sum(map(len, body)))


def _digest(units: list[_Unit]) -> str:
    """Refine the colours of names until they are stable, then hash the multiset of statements."""
    places: dict[str, list[tuple[int, int]]] = {}
    for number, unit in enumerate(units):
        for at, word in enumerate(unit):
            if word.startswith(_NAME):
                places.setdefault(word, []).append((number, at))
    colours = dict.fromkeys(places, "")
    hashes: list[str] = []
    for _ in range(_ROUNDS):
        hashes = [_hash(colours.get(word, word) for word in unit) for unit in units]
        colours = {
            name: _NAME + _hash(sorted(f"{hashes[number]} {at}" for number, at in where))
            for name, where in places.items()
        }
    return _hash(f"{one} {times}" for one, times in sorted(Counter(hashes).items()))


def _hash(words: Iterator[str] | list[str]) -> str:
    return hashlib.sha256("\x1f".join(words).encode("utf-8", "replace")).hexdigest()
