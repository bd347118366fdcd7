"""Turn the immediate assertions of a testbench into a property file over the ports of the design it instantiates.

Only `always` blocks that read nothing but nets connected whole to a port are used. Most testbenches check their design
in other ways; what cannot be used is reported with the reason.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    HierarchicalInstanceSyntax,
    HierarchyInstantiationSyntax,
    ImmediateAssertionStatementSyntax,
    ModuleDeclarationSyntax,
    NamedPortConnectionSyntax,
    ProceduralBlockSyntax,
    SyntaxKind,
)

from ct_retrain.verilog.kinds import identifiers, implicit
from ct_retrain.verilog.modules import Module, Port
from ct_retrain.verilog.tree import Parsed, elaborated, items_of, nodes, parse, tokens

NAME = "testbench_assertions"
"""Name of the property module."""


class Assertions(NamedTuple):
    """A property file, or the reason why there is none."""

    text: str
    why: str = ""


NONE = Assertions("", "the testbench contains no immediate assertion")


def assertions_of(testbench: str, rtl: str, design: Module) -> Assertions:
    """Return the assertions of *testbench* about *design*, which *rtl* defines."""
    parsed = parse(testbench)
    if parsed is None or parsed.errors:
        return NONE
    benches = [
        (module, item)
        for module in parsed.of(ModuleDeclarationSyntax)
        for item in _instances(module, design.name)
    ]
    asserted = parsed.of_kinds(_ASSERTING)
    if not asserted:
        return NONE
    if len(benches) != 1:
        return Assertions(
            "", f"{design.name} is instantiated {len(benches)} times in modules of the testbench"
        )
    module, item = benches[0]
    blocks = [
        node for node in nodes(module) if isinstance(node, ProceduralBlockSyntax) and node.kind in _ALWAYS
    ]
    mine = [block for block in blocks if any(node.kind in _ASSERTING for node in nodes(block))]
    inside = sum(node.kind in _ASSERTING for block in mine for node in nodes(block))
    if inside != len(asserted):
        return Assertions("", "an assertion stands outside the always blocks beside the design")
    nets = _nets(parsed, item, design)
    strange = _strange(mine, nets) or _other_widths(f"{rtl}\n{testbench}", module.header.name.valueText, nets)
    return Assertions("", strange) if strange else Assertions(_property_file(parsed, mine, nets, design))


_ASSERTING = frozenset(
    {
        SyntaxKind.ImmediateAssertStatement,
        SyntaxKind.ImmediateAssumeStatement,
        SyntaxKind.AssertPropertyStatement,
        SyntaxKind.AssumePropertyStatement,
    }
)
_ALWAYS = frozenset({SyntaxKind.AlwaysBlock, SyntaxKind.AlwaysCombBlock, SyntaxKind.AlwaysFFBlock})


def _instances(module: ModuleDeclarationSyntax, name: str) -> Iterator[HierarchicalInstanceSyntax]:
    for node in nodes(module):
        if isinstance(node, HierarchyInstantiationSyntax) and node.type.valueText == name:
            yield from items_of(node, "instances", HierarchicalInstanceSyntax)


def _nets(parsed: Parsed, item: HierarchicalInstanceSyntax, design: Module) -> dict[str, Port]:
    """Return name of a net in the testbench → the port that it is connected to, whole."""
    ports = {port.name: port for port in design.ports}
    found: dict[str, Port] = {}
    for each in items_of(item, "connections", NamedPortConnectionSyntax):
        port = each.name.valueText
        net = port if implicit(each) else parsed.text(each.expr).strip() if each.expr else ""
        if port in ports and re.fullmatch(r"[A-Za-z_]\w*", net):
            found[net] = ports[port]
    return found


def _strange(blocks: list[ProceduralBlockSyntax], nets: dict[str, Port]) -> str:
    """Return why *blocks* cannot be moved beside the design without the testbench; "" if they can."""
    for block in blocks:
        asserted = [node for node in nodes(block) if isinstance(node, ImmediateAssertionStatementSyntax)]
        # The action of an assertion has no effect on the property.
        acted = Counter(name for node in asserted for name in identifiers(node.action))
        for name in Counter(identifiers(block)) - acted:
            if name not in nets:
                return f"an assertion's block reads {name}, which is not connected whole to a port"
        if any(token.kind == TokenKind.Hash for token in tokens(block)):
            return "an assertion's block has a delay"
    names = {port.name for port in nets.values()}
    crossed = sorted(net for net, port in nets.items() if net in names and net != port.name)
    return f"{crossed[0]} is a net of one port and the name of another" if crossed else ""


def _property_file(
    parsed: Parsed, blocks: list[ProceduralBlockSyntax], nets: dict[str, Port], design: Module
) -> str:
    ports = ", ".join(f"input {port.dimension}{port.name}" for port in design.ports)
    wires = [f"  wire {port.dimension}{net} = {port.name};" for net, port in nets.items() if net != port.name]
    body = [parsed.text(block) for block in blocks]
    return "\n".join([f"module {NAME}({ports});", *wires, *body, "endmodule", ""])


def _other_widths(text: str, top: str, nets: dict[str, Port]) -> str:
    """Return a net whose width differs from its port's, as a sentence, because that changes the property; or ""."""
    parsed = parse(text)
    bodies = [one.body for one in elaborated(parsed, frozenset({top}))] if parsed else []
    if len(bodies) != 1:
        return "the testbench cannot be elaborated"
    for net, port in nets.items():
        symbol = bodies[0].find(net)
        width = getattr(getattr(symbol, "type", None), "bitWidth", None)
        if width != port.width:
            return f"{net} has another width than the port {port.name}"
    return ""
