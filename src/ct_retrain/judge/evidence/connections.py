"""Check how a testbench connects the design, and refuse connections that would let the design decide the
verdict.

- If several modules of a design are wanted, none may be the reference for another; a reference comes with the
  testbench.
- `.*` connects every name that the design asks for; an expected value, a counter of errors, or what the
  testbench writes itself may not be among its ports.
- An `inout` must be on a net that the testbench releases; on another the design would write into the
  stimulus.
"""

import re
from typing import NamedTuple

from pyslang.syntax import (
    DataDeclarationSyntax,
    DeclaratorSyntax,
    HierarchicalInstanceSyntax,
    HierarchyInstantiationSyntax,
    ModuleDeclarationSyntax,
    NamedPortConnectionSyntax,
    NetDeclarationSyntax,
    PrimitiveInstantiationSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.flow import Flow, carried, flow
from ct_retrain.verilog.kinds import implicit
from ct_retrain.verilog.modules import Module, modules
from ct_retrain.verilog.tree import Parsed, items_of, nodes, parse, tokens

_WILD = re.compile(r"\.\s*\*")


class ModuleConnection(NamedTuple):
    """One instance of a design's module in a testbench."""

    module: Module
    names: dict[str, frozenset[str]]
    """Port → names of the nets that the testbench connects to it."""
    wild: frozenset[str]
    """Ports that `.*` connects."""

    def on(self, *ways: str) -> frozenset[str]:
        """Return the testbench's names on ports of these directions."""
        found = (
            self.names.get(port.name, frozenset()) for port in self.module.ports if port.direction in ways
        )
        return frozenset[str]().union(*found)


def objection(rtl: str, testbench: str, wanted: tuple[str, ...]) -> str:
    """Return why a verdict of *testbench* on *rtl*, of which it needs *wanted*, is no evidence; else ""."""
    mine = {module.name: module for module in modules(rtl) if module.name in wanted}
    # A port without a direction is an implicit `inout`.
    two_ways = any(port.direction == "inout" for module in mine.values() for port in module.ports)
    if len(wanted) < _SEVERAL and not two_ways and not _WILD.search(testbench):
        return ""
    parsed = parse(testbench)
    if parsed is None or not mine:
        return ""
    for scope in parsed.of(ModuleDeclarationSyntax):
        found = _joints(scope, mine)
        reason = _against(found, _Place(flow(scope, frozenset(mine)), scope, parsed)) if found else ""
        if reason:
            return reason
    return ""


class _Place(NamedTuple):
    """The module of a testbench that holds instances of the design."""

    moves: Flow
    scope: SyntaxNode
    parsed: Parsed


def _against(found: list[ModuleConnection], place: _Place) -> str:
    reasons = [_own_reference(found, place.moves)]
    reasons += [_too_much(joint, place) for joint in found if joint.wild]
    reasons += [_held(joint, place) for joint in found]
    return next(filter(None, reasons), "")


_SEVERAL = 2


def _joints(scope: SyntaxNode, mine: dict[str, Module]) -> list[ModuleConnection]:
    return [
        _joint(item, mine[node.type.valueText])
        for node in nodes(scope)
        if isinstance(node, HierarchyInstantiationSyntax) and node.type.valueText in mine
        for item in items_of(node, "instances", HierarchicalInstanceSyntax)
    ]


def _joint(item: HierarchicalInstanceSyntax, module: Module) -> ModuleConnection:
    names: dict[str, frozenset[str]] = {}
    wild = False
    ordered = iter(module.ports)
    for each in items_of(item, "connections", SyntaxNode):
        if isinstance(each, NamedPortConnectionSyntax):
            port = each.name.valueText
            names[port] = frozenset({port}) if implicit(each) else carried(each)
        elif each.kind == SyntaxKind.WildcardPortConnection:
            wild = True
        else:
            at = next(ordered, None)
            if at is not None:
                names[at.name] = carried(each)
    left = frozenset(port.name for port in module.ports if wild and port.name not in names)
    return ModuleConnection(module, names | {name: frozenset({name}) for name in left}, left)


def _own_reference(found: list[ModuleConnection], moves: Flow) -> str:
    """Whether the output of one module of the design is compared with that of another."""
    said: dict[str, frozenset[str]] = {}
    for joint in found:
        outputs = said.get(joint.module.name, frozenset()) | joint.on("output", "inout")
        said[joint.module.name] = outputs
    heard = {name: moves.carriers(outputs) for name, outputs in said.items()}
    for one, first in heard.items():
        for other, second in heard.items():
            if one < other and (
                any(
                    (left & first and right & second) or (left & second and right & first)
                    for left, right in moves.compared
                )
                or any(given & first and given & second for given in (*moves.called, *moves.placed))
            ):
                return f"the testbench compares {one} with {other}, and both come with the design"
    return ""


def _too_much(joint: ModuleConnection, place: _Place) -> str:
    """Return a port connected by `.*` that should not be a port of the design."""
    moves, counters = place.moves, _integers(place.scope)
    outputs = moves.carriers(joint.on("output"))
    for port in joint.module.ports:
        name = port.name
        if name not in joint.wild:
            continue
        if port.direction == "output" and name in moves.written:
            return f"`.*` lets the design drive {name}, which the testbench writes"
        if port.direction == "input" and name in counters:
            return f"`.*` gives the design {name}, which the testbench counts with"
        if port.direction == "input" and _expects(name, outputs, moves) and not _drawn(name, moves):
            return f"`.*` gives the design {name}, which the testbench compares with its outputs"
    return ""


def _expects(name: str, outputs: frozenset[str], moves: Flow) -> bool:
    """Whether *name* is compared with the design's *outputs*, or passed to something that may do so."""
    same = moves.carriers([name])
    compared = any(
        (left & same and right & outputs) or (right & same and left & outputs)
        for left, right in moves.compared
    )
    judged = any(given & same for given in moves.judged)
    return compared or judged or any(given & same and given & outputs for given in moves.placed)


def _drawn(name: str, moves: Flow) -> bool:
    """Whether *name* is drawn at random, which a testbench does to inputs, not to expected values."""
    return any(
        name in write.to and any(word.rawText in _DRAWS for word in tokens(write.value))
        for write in moves.writes
    )


_DRAWS = frozenset({"$random", "$urandom", "$urandom_range"})


def _integers(scope: SyntaxNode) -> frozenset[str]:
    """Return names that are declared as integers, as testbenches use for counting."""
    return frozenset(
        each.name.valueText
        for node in nodes(scope)
        if isinstance(node, DataDeclarationSyntax) and node.type.kind in _WHOLE
        for each in items_of(node, "declarators", DeclaratorSyntax)
    )


_WHOLE = frozenset(
    {
        *(SyntaxKind.IntegerType, SyntaxKind.IntType, SyntaxKind.LongIntType, SyntaxKind.ShortIntType),
        *(SyntaxKind.ByteType, SyntaxKind.TimeType, SyntaxKind.RealType, SyntaxKind.StringType),
    }
)


def _held(joint: ModuleConnection, place: _Place) -> str:
    """Return an `inout` of the design on a net that the testbench drives and never releases."""
    for port in joint.module.ports:
        if port.direction not in {"inout", "ref"}:
            continue
        for name in sorted(joint.names.get(port.name, frozenset())):
            if not _let_go(name, place):
                return f"{port.name} is an inout of the design, and the testbench never releases {name}"
    return ""


def _let_go(name: str, place: _Place) -> bool:
    """Whether the testbench does not drive *name*, or not always."""
    if any(_names(name, node) for node in nodes(place.scope) if _may_let_go(node, place.parsed)):
        return True
    driven = False
    for write in place.moves.writes:
        if name in write.to:
            driven = True
            sources = {word.valueText for word in tokens(write.value)}
            values = [write.value, *(other.value for other in place.moves.writes if other.to & sources)]
            if any(_OPEN.search(str(value)) for value in values):
                return True
    return not driven and not any(name in given for given in place.moves.placed)


def _may_let_go(node: SyntaxNode, parsed: Parsed) -> bool:
    """Whether *node* is a weak net, a switch or a pull, or an instance of a module that releases the net."""
    match node:
        case NetDeclarationSyntax():
            return node.netType.rawText in _WEAK
        case PrimitiveInstantiationSyntax():
            return node.type.rawText in _SWITCHES
        case HierarchyInstantiationSyntax():
            return _lets_go(parsed, node.type.valueText)
        case _:
            return False


def _names(name: str, node: SyntaxNode) -> bool:
    return any(word.valueText == name for word in tokens(node))


_WEAK = frozenset({"tri0", "tri1", "trireg", "wand", "wor", "triand", "trior"})
_SWITCHES = frozenset(
    {
        *("pullup", "pulldown", "bufif0", "bufif1", "notif0", "notif1", "tran", "tranif0", "tranif1", "nmos"),
        *("pmos", "cmos", "rnmos", "rpmos", "rcmos", "rtran", "rtranif0", "rtranif1"),
    }
)
_OPEN = re.compile(r"'\s*s?[bodh]?\s*[0-9a-fx_]*[z?]", re.IGNORECASE)


def _lets_go(parsed: Parsed, module: str) -> bool:
    """Whether *module* of the testbench has an `inout` of its own, or releases what it drives."""
    return any(
        node.header.name.valueText == module and ("inout" in str(node) or _OPEN.search(str(node)) is not None)
        for node in parsed.of(ModuleDeclarationSyntax)
    )
