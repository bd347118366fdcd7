"""Reads a file of properties for a design: immediate assertions over its ports.

A property module has only inputs, named like ports of the design (also its outputs). The file's top modules are
instantiated beside the design on the same nets. Assertions and covers count after two clocks of the reset that the
design's ports name, or at once without a reset; assumptions always hold.
"""

from itertools import pairwise
from typing import NamedTuple

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    AnsiPortListSyntax,
    ImmediateAssertionStatementSyntax,
    ProceduralBlockSyntax,
    SyntaxKind,
    SyntaxNode,
    TimingControlStatementSyntax,
)

from ct_retrain.judge.confined.formal.deciding import TOP
from ct_retrain.verilog.modules import Module, declarations, module_names, modules, roots
from ct_retrain.verilog.tree import Parsed, nodes, parse


class PropertyClaim(NamedTuple):
    """One statement of the file."""

    kind: str
    """`assert`, `assume` or `cover`."""
    line: int
    condition: str
    start: int
    end: int


class PropertyBlock(NamedTuple):
    """A procedural block: the statement an `always` executes, and the numbers of the claims in it."""

    start: int
    end: int
    claims: tuple[int, ...]


class Unit(NamedTuple):
    """A top module: where its port list and its header end, and the numbers of its claims."""

    module: Module
    ports_end: int
    header_end: int
    claims: tuple[int, ...]


class Properties(NamedTuple):
    """A file of properties that fits a design."""

    data: bytes
    design: Module
    units: tuple[Unit, ...]
    blocks: tuple[PropertyBlock, ...]
    claims: tuple[PropertyClaim, ...]

    def numbers(self, kind: str) -> tuple[int, ...]:
        """Return the numbers of the claims of one *kind*."""
        return tuple(number for number, claim in enumerate(self.claims) if claim.kind == kind)


def read_properties(text: str, design: Module) -> Properties | str:
    """Parse *text* as properties of *design*; return a sentence with the reason if it is not valid."""
    parsed = parse(text)
    if parsed is None or parsed.errors:
        return "the properties are no Verilog"
    tops = tuple(module for module in modules(text) if module.name in roots(module_names(parsed)))
    why = _misfit(parsed, design, tops)
    if why:
        return why
    claims, blocks = _claims(parsed)
    units = tuple(unit for module in tops if (unit := _unit(parsed, module, claims)) is not None)
    why = _unreadable(claims, units, tops)
    return why or Properties(parsed.data, design, units, blocks, claims)


def _unreadable(claims: tuple[PropertyClaim, ...], units: tuple[Unit, ...], tops: tuple[Module, ...]) -> str:
    if len(units) != len(tops):
        return "a property module lists its ports in its header, with at least one"
    if sum(len(unit.claims) for unit in units) != len(claims):
        return "assertions lie in modules that no other module of the file instantiates"
    if any(before.end > after.start for before, after in pairwise(claims)):
        return "an assertion's action holds another assertion"
    return "" if any(claim.kind == "assert" for claim in claims) else "the properties assert nothing"


_KINDS = {
    SyntaxKind.ImmediateAssertStatement: "assert",
    SyntaxKind.ImmediateAssumeStatement: "assume",
    SyntaxKind.ImmediateCoverStatement: "cover",
}
_ALWAYS = frozenset({SyntaxKind.AlwaysBlock, SyntaxKind.AlwaysCombBlock, SyntaxKind.AlwaysFFBlock})
_STRANGE = ("$any", "$all", "$initstate", "$global_clock")


def _misfit(parsed: Parsed, design: Module, tops: tuple[Module, ...]) -> str:
    """Return why the file is not valid for *design*; "" if it may be."""
    known = {port.name: port.width for port in design.ports}
    if not tops:
        return "the properties define no module"
    if design.name in module_names(parsed).defined or TOP in module_names(parsed).defined:
        return f"a property module may not be called {design.name} or {TOP}"
    strange = [
        f"{port.name} is no input of the name and width of a port of {design.name}"
        for module in tops
        for port in module.ports
        if port.direction != "input" or known.get(port.name, 0) != port.width
    ]
    for word in parsed.tokens:
        if word.kind == TokenKind.SystemIdentifier and word.valueText.startswith(_STRANGE):
            strange.append(f"{word.valueText} means nothing in simulation")
        if word.valueText.startswith("ct_"):
            strange.append("names that begin with ct_ are taken")
    found = parsed.of_kinds(_ASSERTING)
    inside = [node for block in _always(parsed) for node in nodes(block) if node.kind in _KINDS]
    if len(found) != len(inside):
        strange.append("only immediate assertions, assumptions and covers inside always blocks are read")
    return next(iter(strange), "")


_ASSERTING = frozenset(
    {
        *_KINDS,
        SyntaxKind.AssertPropertyStatement,
        SyntaxKind.AssumePropertyStatement,
        SyntaxKind.CoverPropertyStatement,
        SyntaxKind.CoverSequenceStatement,
        SyntaxKind.RestrictPropertyStatement,
        SyntaxKind.ExpectPropertyStatement,
    }
)


def _always(parsed: Parsed) -> list[ProceduralBlockSyntax]:
    return [node for node in parsed.of(ProceduralBlockSyntax) if node.kind in _ALWAYS]


def _claims(parsed: Parsed) -> tuple[tuple[PropertyClaim, ...], tuple[PropertyBlock, ...]]:
    claims: list[PropertyClaim] = []
    blocks: list[PropertyBlock] = []
    for block in _always(parsed):
        body: SyntaxNode = block.statement
        if isinstance(body, TimingControlStatementSyntax):
            body = body.statement
        first = len(claims)
        for node in nodes(block):
            where = parsed.span(node)
            if isinstance(node, ImmediateAssertionStatementSyntax) and where is not None:
                condition = " ".join(parsed.text(node.expr).split())
                claims.append(
                    PropertyClaim(_KINDS[node.kind], parsed.line(node), condition, where.start, where.end)
                )
        place = parsed.span(body)
        if place is not None:
            blocks.append(PropertyBlock(place.start, place.end, tuple(range(first, len(claims)))))
    return tuple(claims), tuple(blocks)


def _unit(parsed: Parsed, module: Module, claims: tuple[PropertyClaim, ...]) -> Unit | None:
    declared = declarations(parsed)[module.name]
    place, ports = parsed.span(declared), declared.header.ports
    if place is None or not isinstance(ports, AnsiPortListSyntax) or not module.ports:
        return None
    closed, ended = parsed.span(ports.closeParen), parsed.span(declared.header.semi)
    if closed is None or ended is None:
        return None
    mine = tuple(
        number for number, claim in enumerate(claims) if place.start <= claim.start and claim.end <= place.end
    )
    return Unit(module, closed.start, ended.end, mine)
