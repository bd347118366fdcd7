"""Modules that a text defines and needs, and their ports."""

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from pyslang.ast import ArgumentDirection, PortSymbol
from pyslang.syntax import (
    HierarchyInstantiationSyntax,
    ModuleDeclarationSyntax,
    SyntaxKind,
    SyntaxNode,
    UdpDeclarationSyntax,
)

from ct_retrain.verilog.tree import Parsed, elaborated, items_of, parse

Direction = Literal["input", "output", "inout", "ref"]


class Port(NamedTuple):
    """A port with the module's default parameters; *width* is in bits, None if it cannot be determined."""

    name: str
    direction: Direction
    width: int | None

    @property
    def dimension(self) -> str:
        """Its range as a declaration has it, with a space behind; "" for one bit."""
        return f"[{self.width - 1}:0] " if self.width and self.width > 1 else ""


class Module(NamedTuple):
    """A module and its ports in order."""

    name: str
    ports: tuple[Port, ...]


class Names(NamedTuple):
    """Module names in the order of the text, each once."""

    defined: tuple[str, ...]
    instantiated: tuple[str, ...]


@lru_cache(maxsize=8)
def modules(text: str) -> tuple[Module, ...]:
    """Return the modules that *text* defines, in order; empty if it cannot be parsed."""
    parsed = parse(text)
    if parsed is None:
        return ()
    found = defined(text)
    ports = declared_ports(parsed, found)
    return tuple(Module(name, ports.get(name, ())) for name in found)


def module_of(text: str, name: str) -> Module | None:
    """Return the module *name* of *text*; None if it defines none."""
    return next((one for one in modules(text) if one.name == name), None)


def outputs(known: Iterable[Module], wanted: Collection[str]) -> list[str]:
    """Return the output ports of the modules *wanted* among *known*, in order."""
    return [
        port.name
        for module in known
        if module.name in wanted
        for port in module.ports
        if port.direction == "output"
    ]


def defined(text: str) -> tuple[str, ...]:
    """Return the names of the modules that *text* defines, in order."""
    return _names_in(text).defined


def tops(text: str) -> tuple[str, ...]:
    """Return the modules of *text* that it defines and does not instantiate."""
    return roots(_names_in(text))


def instantiated(text: str) -> tuple[str, ...]:
    """Return the modules that *text* instantiates and does not define: for a testbench, its DUT."""
    return wanted(_names_in(text))


@lru_cache(maxsize=32)
def _names_in(text: str) -> Names:
    """Return the names of *text*; cached, because many designs are judged with one testbench."""
    parsed = parse(text)
    return Names((), ()) if parsed is None else module_names(parsed)


def roots(found: Names) -> tuple[str, ...]:
    """Modules defined and never instantiated."""
    return tuple(name for name in found.defined if name not in found.instantiated)


def wanted(found: Names) -> tuple[str, ...]:
    """Modules instantiated and never defined."""
    return tuple(name for name in found.instantiated if name not in found.defined)


def module_names(parsed: Parsed) -> Names:
    """Return every module that *parsed* defines and instantiates, unelaborated branches included."""
    defined: dict[str, None] = {}
    used: dict[str, None] = {}
    naming: list[SyntaxNode] = parsed.of(
        ModuleDeclarationSyntax, HierarchyInstantiationSyntax, UdpDeclarationSyntax
    )
    for node in naming:
        if isinstance(node, ModuleDeclarationSyntax):
            if node.kind in _TOPS:
                defined[node.header.name.valueText] = None
        elif isinstance(node, HierarchyInstantiationSyntax):
            used[node.type.valueText] = None
        elif isinstance(node, UdpDeclarationSyntax):
            defined[node.name.valueText] = None
    return Names(tuple(name for name in defined if name), tuple(name for name in used if name))


def declarations(parsed: Parsed) -> dict[str, ModuleDeclarationSyntax]:
    """Return the declaration of every module by name; the last one if a name is declared twice."""
    return {
        node.header.name.valueText: node
        for node in parsed.of(ModuleDeclarationSyntax)
        if node.kind == SyntaxKind.ModuleDeclaration
    }


_TOPS = frozenset({SyntaxKind.ModuleDeclaration, SyntaxKind.ProgramDeclaration})


def declared_ports(parsed: Parsed, defined: tuple[str, ...]) -> dict[str, tuple[Port, ...]]:
    """Return the ports of every module of *defined* that elaborates, by module name."""
    return {
        instance.name: tuple(
            _port(port) for port in items_of(instance.body, "portList", PortSymbol) if port.name
        )
        for instance in elaborated(parsed, frozenset(defined))
    }


def _port(port: PortSymbol) -> Port:
    return Port(port.name, _DIRECTIONS[port.direction], port.type.bitWidth or None)


_DIRECTIONS: dict[ArgumentDirection, Direction] = {
    ArgumentDirection.In: "input",
    ArgumentDirection.Out: "output",
    ArgumentDirection.InOut: "inout",
    ArgumentDirection.Ref: "ref",
}
