"""Find what drives an input of its own module, by which a design could write into the testbench's stimulus.

A port is a net. If it is connected to a net of the testbench, a value that the design puts on its input wins
or collides outside. Checked in every branch, taken or not: assignments, initial values, gates, switches,
ports of instances, aliases, supplies, and hierarchical names of ports. Not covered: an `inout`, which the
testbench must allow (`judge.evidence.connections`).
"""

from collections.abc import Iterator
from typing import NamedTuple

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    BinaryExpressionSyntax,
    DeclaratorSyntax,
    FunctionDeclarationSyntax,
    HierarchicalInstanceSyntax,
    HierarchyInstantiationSyntax,
    MemberAccessExpressionSyntax,
    ModportNamedPortSyntax,
    ModuleDeclarationSyntax,
    NamedPortConnectionSyntax,
    NetDeclarationSyntax,
    OrderedPortConnectionSyntax,
    PrimitiveInstantiationSyntax,
    ScopedNameSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.directions import BELOW, PortDirections, children, first_names, ports_by_syntax
from ct_retrain.verilog.kinds import ASSIGNMENTS, STEPS, identifiers, implicit, instance_name
from ct_retrain.verilog.tree import Parsed, enclosing, items_of, nodes, tokens

Found = tuple[SyntaxNode, str]


def driven_inputs(parsed: Parsed) -> Iterator[Found]:
    """Yield every node of a design that drives an input of its module from inside, and a sentence about it."""
    modules = [node for node in parsed.of(ModuleDeclarationSyntax) if node.kind in _WITH_PORTS]
    bundles = frozenset(
        module.header.name.valueText for module in modules if module.kind == SyntaxKind.InterfaceDeclaration
    )
    ports = {module.header.name.valueText: ports_by_syntax(module, bundles) for module in modules}
    yield from _into_bundles(
        parsed, ports, frozenset(name for bundle in bundles for name in ports[bundle].inputs)
    )
    instances = frozenset(
        name
        for node in parsed.of(HierarchyInstantiationSyntax)
        if node.type.valueText in ports.keys() - bundles
        for item in items_of(node, "instances", HierarchicalInstanceSyntax)
        if (name := instance_name(item))
    )
    # A module's own name is a scope, too.
    instances |= frozenset(ports)
    for module in modules:
        own = ports[module.header.name.valueText]
        if own.tied:
            yield module, f"{min(own.tied)} belongs to two ports"
    around = _Around(ports, instances)
    for node in parsed.of_kinds(_DRIVING):
        yield from _at(node, around)


_WITH_PORTS = frozenset({SyntaxKind.ModuleDeclaration, SyntaxKind.InterfaceDeclaration})


def _into_bundles(
    parsed: Parsed, ports: dict[str, PortDirections], inputs: frozenset[str]
) -> Iterator[Found]:
    """Yield what may write to an interface's own input port; *inputs* are the names of such ports.

    Such a port is a net of the module that instantiates the interface. An instance's connection to it counts
    too, unless it is to an input.
    """
    for node in parsed.nodes if inputs else ():
        if isinstance(node, ModportNamedPortSyntax):
            if node.name.valueText in inputs and _way_of(node) != "input":
                yield node, f"gives away the interface's own input {node.name.valueText}"
            continue
        targets = _targets(node)
        if isinstance(node, HierarchyInstantiationSyntax):
            known = ports.get(node.type.valueText)
            items = items_of(node, "instances", HierarchicalInstanceSyntax)
            targets = [each for item in items for each in _outward(item, known)]
        for name in sorted(inputs.intersection(_members_in(targets))):
            yield node, f"may drive the interface's own input {name}"


def _outward(item: HierarchicalInstanceSyntax, ports: PortDirections | None) -> Iterator[SyntaxNode]:
    """Yield the connections of an instance that are not to inputs of *ports*; all of them if *ports* is None."""
    ordered = iter(ports.names if ports else ())
    for each in items_of(item, "connections", SyntaxNode):
        if each.kind == SyntaxKind.WildcardPortConnection:
            yield each
            continue
        port = each.name.valueText if isinstance(each, NamedPortConnectionSyntax) else next(ordered, "")
        if ports is None or ports.ways.get(port) != "input":
            yield each


def _members_in(targets: list[SyntaxNode]) -> Iterator[str]:
    """Yield every name behind a dot in *targets*."""
    for path in (each for target in targets for each in nodes(target)):
        if isinstance(path, ScopedNameSyntax):
            yield from identifiers(path)[1:]
        elif isinstance(path, MemberAccessExpressionSyntax):
            yield path.name.valueText


def _way_of(port: ModportNamedPortSyntax) -> str:
    """Return the direction that a modport gives to *port*."""
    above: SyntaxNode = port.parent
    return next((word.rawText for word in tokens(above)[:1]), "")


class _Around(NamedTuple):
    ports: dict[str, PortDirections]
    instances: frozenset[str]


def _at(node: SyntaxNode, around: _Around) -> Iterator[Found]:
    """Yield what *node*, of a kind that may drive something, drives of the module that it is in."""
    module, scopes = _inside(node)
    if module is None or module.kind not in _WITH_PORTS:
        return
    if isinstance(node, ModuleDeclarationSyntax):
        yield node, "a module inside a module"
        return
    own = around.ports[module.header.name.valueText]
    for name, where in _driven(node, around):
        if name in own.inputs and not any(name in _declared_in(scope) for scope in scopes):
            yield where, f"drives its own input {name}"
        elif name == BELOW:
            yield where, "writes into an instance by name"
    if _supply(node, own):
        yield node, "a port that is a supply"


def _inside(node: SyntaxNode) -> tuple[ModuleDeclarationSyntax | None, list[SyntaxNode]]:
    """Return the module around *node*, None at file scope, and the nodes between them."""
    between: list[SyntaxNode] = []
    for above in enclosing(node):
        if isinstance(above, ModuleDeclarationSyntax):
            return above, between
        between.append(above)
    return None, between


def _driven(node: SyntaxNode, around: _Around) -> Iterator[tuple[str, SyntaxNode]]:
    """Yield the names that *node* itself drives."""
    if isinstance(node, HierarchyInstantiationSyntax):
        found = around.ports.get(node.type.valueText)
        for item in items_of(node, "instances", HierarchicalInstanceSyntax):
            yield from _through(item, found, around.instances) if found else ()
    elif isinstance(node, NetDeclarationSyntax):
        for each in items_of(node, "declarators", DeclaratorSyntax):
            if any(child.kind == SyntaxKind.EqualsValueClause for child in children(each)):
                yield each.name.valueText, each
    for target in _targets(node):
        for name in first_names(target, around.instances):
            yield name, node


def _targets(node: SyntaxNode) -> list[SyntaxNode]:
    """Return the targets that *node* assigns to, or the terminals that it drives."""
    match node:
        case BinaryExpressionSyntax() if node.kind in ASSIGNMENTS:
            return [node.left]
        case PrimitiveInstantiationSyntax():
            driven: list[SyntaxNode] = []
            for item in items_of(node, "instances", HierarchicalInstanceSyntax):
                terminals = [*items_of(item, "connections", OrderedPortConnectionSyntax)]
                driven += terminals[: _outputs(node.type.valueText, len(terminals))]
            return driven
        case _ if node.kind == SyntaxKind.NetAlias:
            return [*items_of(node, "nets", SyntaxNode)]
        case _ if node.kind in STEPS:
            return [getattr(node, "operand")]  # noqa: B009 - both classes have one, no common base has
        case _:
            return []


def _outputs(gate: str, terminals: int) -> int:
    """Return how many of the first terminals of *gate* are outputs."""
    if gate in {"buf", "not"}:
        return terminals - 1
    return 2 if "tran" in gate else 1


def _through(
    item: HierarchicalInstanceSyntax, ports: PortDirections, instances: frozenset[str]
) -> Iterator[tuple[str, SyntaxNode]]:
    """Yield the names driven through an instance with *ports*."""
    for each in _outward(item, ports):
        match each:
            case NamedPortConnectionSyntax():
                inside = [name for child in children(each) for name in first_names(child, instances)]
                yield from ((name, each) for name in inside)
                if implicit(each):
                    yield each.name.valueText, each
            case OrderedPortConnectionSyntax():
                yield from ((name, each) for name in first_names(each.expr, instances))
            case _ if each.kind == SyntaxKind.WildcardPortConnection:
                named = {
                    one.name.valueText for one in items_of(item, "connections", NamedPortConnectionSyntax)
                }
                yield from (
                    (port, each)
                    for port in ports.names
                    if ports.ways.get(port) != "input" and port not in named
                )
            case _:
                pass


def _supply(node: SyntaxNode, own: PortDirections) -> bool:
    """Whether *node* makes a port a supply net."""
    if node.kind == SyntaxKind.NetPortHeader:
        return any(word.kind in _SUPPLIES for word in tokens(node))
    if not isinstance(node, NetDeclarationSyntax) or node.netType.kind not in _SUPPLIES:
        return False
    return any(each.name.valueText in own.ways for each in items_of(node, "declarators", DeclaratorSyntax))


_SUPPLIES = frozenset({TokenKind.Supply0Keyword, TokenKind.Supply1Keyword})


def _declared_in(node: SyntaxNode) -> frozenset[str]:
    """Return the names that *node*, a scope inside a module, declares."""
    holders: list[SyntaxNode] = []
    if node.kind in _SCOPES:
        holders = _members(node)
    elif isinstance(node, FunctionDeclarationSyntax):
        holders = [*_members(node), *nodes(node.prototype)]
    return frozenset(
        each.name.valueText
        for holder in holders
        for each in [holder, *_members(holder)]
        if isinstance(each, DeclaratorSyntax)
    )


def _members(node: SyntaxNode) -> list[SyntaxNode]:
    """Return the declarations and declarators directly in *node*."""
    return [each for each in children(node) if each.kind in _DECLARES or isinstance(each, DeclaratorSyntax)]


_DRIVING = (
    ASSIGNMENTS
    | STEPS
    | {
        *(SyntaxKind.HierarchyInstantiation, SyntaxKind.PrimitiveInstantiation, SyntaxKind.NetAlias),
        *(SyntaxKind.NetDeclaration, SyntaxKind.NetPortHeader),
        *(SyntaxKind.ModuleDeclaration, SyntaxKind.InterfaceDeclaration),
        *(SyntaxKind.PackageDeclaration, SyntaxKind.ProgramDeclaration),
    }
)
"""Kinds of nodes that may drive a port, and modules, which may not stand in one another."""
_SCOPES = frozenset(
    {SyntaxKind.SequentialBlockStatement, SyntaxKind.ForLoopStatement, SyntaxKind.GenerateBlock}
)
_DECLARES = frozenset(
    {
        *(SyntaxKind.DataDeclaration, SyntaxKind.NetDeclaration, SyntaxKind.LocalVariableDeclaration),
        *(SyntaxKind.ForVariableDeclaration, SyntaxKind.PortDeclaration, SyntaxKind.FunctionPort),
    }
)
