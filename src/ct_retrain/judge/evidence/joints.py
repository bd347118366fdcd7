"""What a testbench gives a design to hold: the places where the two are joined, and what may not be given there.

- Where several modules of a design are wanted, none may be what another is compared with: a reference comes with the
  testbench.
- `.*` gives a design every name that it asks for; an expectation, a tally or what the testbench writes itself is none
  of its ports.
- An `inout` is for a net that the testbench lets go of; on another the design would write into the stimulus.
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


class Joint(NamedTuple):
    """One instance of a design's module in a testbench."""

    module: Module
    names: dict[str, frozenset[str]]
    """By port: what the testbench calls the nets on it."""
    wild: frozenset[str]
    """Ports that `.*` connects."""

    def on(self, *ways: str) -> frozenset[str]:
        """The testbench's names on ports of these directions."""
        found = (
            self.names.get(port.name, frozenset()) for port in self.module.ports if port.direction in ways
        )
        return frozenset[str]().union(*found)


def objection(rtl: str, testbench: str, wanted: tuple[str, ...]) -> str:
    """Why no verdict of *testbench* on the design *rtl*, of which it wants *wanted*, is evidence; "" if it may be."""
    mine = {module.name: module for module in modules(rtl) if module.name in wanted}
    # A port that nobody gave a direction is an `inout` without the word.
    two_ways = any(port.direction == "inout" for module in mine.values() for port in module.ports)
    if len(wanted) < _SEVERAL and not two_ways and not _WILD.search(testbench):
        return ""
    parsed = parse(testbench)
    if parsed is None or not mine:
        return ""
    for scope in nodes(parsed.tree.root):
        if isinstance(scope, ModuleDeclarationSyntax):
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


def _against(found: list[Joint], place: _Place) -> str:
    reasons = [_own_reference(found, place.moves)]
    reasons += [_too_much(joint, place) for joint in found if joint.wild]
    reasons += [_held(joint, place) for joint in found]
    return next(filter(None, reasons), "")


_SEVERAL = 2


def _joints(scope: SyntaxNode, mine: dict[str, Module]) -> list[Joint]:
    return [
        _joint(item, mine[node.type.valueText])
        for node in nodes(scope)
        if isinstance(node, HierarchyInstantiationSyntax) and node.type.valueText in mine
        for item in items_of(node, "instances", HierarchicalInstanceSyntax)
    ]


def _joint(item: HierarchicalInstanceSyntax, module: Module) -> Joint:
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
    return Joint(module, names | {name: frozenset({name}) for name in left}, left)


def _own_reference(found: list[Joint], moves: Flow) -> str:
    """Whether what one module of the design says is held against what another says."""
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


def _too_much(joint: Joint, place: _Place) -> str:
    """What `.*` gives a design that is no port of its."""
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
    """Whether *name* is held against the design's *outputs*, or handed to somebody who may."""
    same = moves.carriers([name])
    compared = any(
        (left & same and right & outputs) or (right & same and left & outputs)
        for left, right in moves.compared
    )
    judged = any(given & same for given in moves.judged)
    return compared or judged or any(given & same and given & outputs for given in moves.placed)


def _drawn(name: str, moves: Flow) -> bool:
    """Whether *name* is drawn at random: nobody expects that of a design but the one who put it in."""
    return any(
        name in write.to and any(word.rawText in _DRAWS for word in tokens(write.value))
        for write in moves.writes
    )


_DRAWS = frozenset({"$random", "$urandom", "$urandom_range"})


def _integers(scope: SyntaxNode) -> frozenset[str]:
    """Names that are declared as whole numbers, as testbenches count with."""
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


def _held(joint: Joint, place: _Place) -> str:
    """An `inout` of the design on a net that the testbench drives and never lets go of."""
    for port in joint.module.ports:
        if port.direction not in {"inout", "ref"}:
            continue
        for name in sorted(joint.names.get(port.name, frozenset())):
            if not _let_go(name, place):
                return f"{port.name} is an inout of the design, and the testbench never lets go of {name}"
    return ""


def _let_go(name: str, place: _Place) -> bool:
    """Whether the testbench drives *name* not at all, or not always."""
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
    """Whether *node* is a weak net, a switch or a pull, or an instance of what lets go."""
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
    """Whether *module* of the testbench has an `inout` of its own, or lets go of what it drives."""
    return any(
        isinstance(node, ModuleDeclarationSyntax)
        and node.header.name.valueText == module
        and ("inout" in str(node) or _OPEN.search(str(node)) is not None)
        for node in nodes(parsed.tree.root)
    )
