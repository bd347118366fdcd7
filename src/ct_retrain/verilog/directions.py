"""Directions of a module's ports as its text states them, and the names that an expression assigns to."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from pyslang.syntax import (
    AnsiPortListSyntax,
    ConcatenationExpressionSyntax,
    DeclaratorSyntax,
    ElementSelectExpressionSyntax,
    ExplicitAnsiPortSyntax,
    ExplicitNonAnsiPortSyntax,
    IdentifierNameSyntax,
    IdentifierSelectNameSyntax,
    ImplicitAnsiPortSyntax,
    MemberAccessExpressionSyntax,
    ModuleDeclarationSyntax,
    NonAnsiPortListSyntax,
    PortDeclarationSyntax,
    PortReferenceSyntax,
    ScopedNameSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.kinds import identifiers
from ct_retrain.verilog.tree import items_of, nodes, tokens


class PortDirections(NamedTuple):
    """The ports of a module by their syntax."""

    names: tuple[str, ...]
    """Port names in the order in which an instance connects them."""
    ways: dict[str, str]
    """`input`, `output`, `inout`, `ref` or `interface`, by port; a port missing here is not a module's."""
    inputs: frozenset[str]
    """The names of inputs inside the module."""
    tied: frozenset[str]
    """Names that belong to more than one port."""


def ports_by_syntax(module: ModuleDeclarationSyntax, interfaces: Collection[str] = ()) -> PortDirections:
    """Return the ports of *module*, which may be an interface; *interfaces* are those of the text, by name."""
    names: list[str] = []
    behind: list[str] = []
    ways: dict[str, str] = {}
    inputs: set[str] = set()
    listing = module.header.ports
    if isinstance(listing, AnsiPortListSyntax):
        way = "inout"
        for port in items_of(listing, "ports", SyntaxNode):
            way = next((word.rawText for word in tokens(port)[:3] if word.rawText in _WAYS), way)
            if isinstance(port, ImplicitAnsiPortSyntax):
                name, inside = port.declarator.name.valueText, [port.declarator.name.valueText]
            elif isinstance(port, ExplicitAnsiPortSyntax):
                name = port.name.valueText
                inside = [name for child in children(port) for name in first_names(child, frozenset())]
            else:
                continue
            bundle = _is_bundle(port, interfaces)
            if bundle:
                # It has no direction, and an undirected port after it is an `inout`.
                way = "inout"
            names.append(name)
            behind += inside
            ways[name] = "interface" if bundle else way
            inputs.update(inside if way == "input" else ())
    elif isinstance(listing, NonAnsiPortListSyntax):
        declared = _declared_ways(module)
        for port in items_of(listing, "ports", SyntaxNode):
            inside = [each.name.valueText for each in nodes(port) if isinstance(each, PortReferenceSyntax)]
            name = port.name.valueText if isinstance(port, ExplicitNonAnsiPortSyntax) else "".join(inside[:1])
            kinds = {declared.get(each, "inout") for each in inside}
            names.append(name)
            behind += inside
            ways[name] = kinds.pop() if len(kinds) == 1 else "inout"
            inputs.update(each for each in inside if declared.get(each) == "input")
        ways |= {name: way for name, way in declared.items() if name not in ways}
    tied = frozenset(name for name in behind if name and behind.count(name) > 1)
    return PortDirections(tuple(names), ways, frozenset(inputs), tied)


def _is_bundle(port: SyntaxNode, interfaces: Collection[str]) -> bool:
    """Whether *port* is an interface."""
    if not isinstance(port, ImplicitAnsiPortSyntax):
        return False
    words = tokens(port.header)
    named = bool(words) and words[0].valueText in interfaces
    return port.header.kind == SyntaxKind.InterfacePortHeader or named


_WAYS = frozenset({"input", "output", "inout", "ref"})


def _declared_ways(module: ModuleDeclarationSyntax) -> dict[str, str]:
    """Yield the directions that the body declares."""
    found: dict[str, str] = {}
    for member in items_of(module, "members", PortDeclarationSyntax):
        way = next((word.rawText for word in tokens(member)[:3] if word.rawText in _WAYS), "inout")
        found |= {each.name.valueText: way for each in items_of(member, "declarators", DeclaratorSyntax)}
    return found


def first_names(target: SyntaxNode, instances: frozenset[str]) -> Iterator[str]:
    """Yield the first name of each target that *target* assigns to; `BELOW` for a path into an instance."""
    match target:
        case IdentifierNameSyntax() | IdentifierSelectNameSyntax():
            yield target.identifier.valueText
        case ElementSelectExpressionSyntax() | MemberAccessExpressionSyntax():
            yield from first_names(target.left, instances)
        case ScopedNameSyntax():
            words = identifiers(target)
            yield BELOW if instances & {*words[:-1]} else words[0] if words else ""
        case ConcatenationExpressionSyntax():
            for each in items_of(target, "expressions", SyntaxNode):
                yield from first_names(each, instances)
        case _:
            for child in children(target):
                yield from first_names(child, instances)


BELOW = "."
"""Stands for a name that leads into an instance."""


def children(node: SyntaxNode) -> list[SyntaxNode]:
    return [child for index in range(len(node)) if isinstance(child := node[index], SyntaxNode)]
