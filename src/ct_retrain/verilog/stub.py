"""Stub designs: a module's header over constant outputs, to test whether a testbench checks anything."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pyslang.ast import ArgumentDirection, InstanceSymbol, ParameterSymbol, PortSymbol, ValueSymbol

from ct_retrain.verilog.modules import declarations
from ct_retrain.verilog.modules import module_names as names_of
from ct_retrain.verilog.tree import elaborated, items_of, parse

Level = Literal["0", "1", "x", "z", "echo"]
"""The value of every output bit; `echo` repeats the first input."""

_BUILT_IN = re.compile(
    r"^(?:(?:reg|logic|wire|bit|var|signed|unsigned|tri)\b\s*)*(?P<dimensions>(?:\[[^\]]*\]\s*)*)$"
)


def stub(rtl: str, name: str, level: Level) -> str:
    """Return a module with the interface of *name* in *rtl* and constant outputs; "" if there is no *name*."""
    parsed = parse(rtl)
    if parsed is None or name not in names_of(parsed).defined:
        return ""
    return "".join(
        _render(root, level) for root in elaborated(parsed, frozenset({name})) if root.name == name
    )


def idled(rtl: str, names: tuple[str, ...], level: Level) -> str:
    """Return *rtl* with the modules *names* replaced by stubs of *level*."""
    parsed = parse(rtl)
    if parsed is None:
        return ""
    spans = [
        place
        for name, node in declarations(parsed).items()
        if name in names and (place := parsed.span(node)) is not None
    ]
    kept = bytearray(parsed.data)
    for place in sorted(spans, reverse=True):
        del kept[place.start : place.end]
    return "".join([kept.decode("utf-8", "replace"), *(stub(rtl, name, level) for name in names)])


def interface_of(instance: InstanceSymbol) -> tuple[list[ParameterSymbol], list[PortSymbol]]:
    """Return the header's parameters (with local ones, on which widths may depend) and the ports of a module."""
    parameters = [
        item
        for item in instance.body
        if isinstance(item, ParameterSymbol) and (item.isPortParam or not item.isLocalParam)
    ]
    return parameters, [port for port in items_of(instance.body, "portList", PortSymbol) if port.name]


def choosing(rtl: str, name: str, choices: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """Return a module with the interface of *name* in *rtl* that instantiates another module for each
    parameter set.

    *choices* maps the other modules' names to the parameter values that select them; "" if *rtl* has no
    *name*.
    """
    parsed = parse(rtl)
    roots = elaborated(parsed, frozenset({name})) if parsed is not None else ()
    root = next((each for each in roots if each.name == name), None)
    if root is None:
        return ""
    joined = ", ".join(f".{port.name}({port.name})" for port in interface_of(root)[1])
    lines = [_opened(root), "  generate"]
    for number, (other, values) in enumerate(choices.items()):
        condition = " && ".join(f"{parameter} === {value}" for parameter, value in values) or "1"
        lines.append(f"    {'else ' if number else ''}if ({condition}) begin : ct_{number}")
        lines.append(f"      {other} ct_copy ({joined});\n    end")
    return "\n".join([*lines, "  endgenerate", "endmodule", ""])


def _opened(instance: InstanceSymbol) -> str:
    """Return the header of a module."""
    parameters, ports = interface_of(instance)
    head = ", ".join(map(declared_parameter, parameters))
    declared = ", ".join(declared_port(port, textual=bool(parameters)) for port in ports)
    return f"module {instance.name}{f' #({head})' if head else ''} ({declared});"


def _render(instance: InstanceSymbol, level: Level) -> str:
    _, ports = interface_of(instance)
    inputs = [port.name for port in ports if port.direction == ArgumentDirection.In]
    value = {"0": "'b0", "1": "~'b0", "x": "'bx", "z": "'bz", "echo": inputs[0] if inputs else "'b0"}[level]
    driven = [f"  assign {port.name} = {value};" for port in ports if port.direction == ArgumentDirection.Out]
    return "\n".join([_opened(instance), *driven, "endmodule", ""])


def declared_parameter(item: ParameterSymbol) -> str:
    """Return `parameter W = 8`; a local parameter as written, so that it follows the others."""
    return f"localparam {item.syntax}" if item.isLocalParam else f"parameter {item.name} = {item.value}"


def declared_port(port: PortSymbol, *, textual: bool) -> str:
    """Return `input [3:0] a`; with *textual*, the width as written, because it may depend on parameters."""
    direction = {ArgumentDirection.In: "input", ArgumentDirection.Out: "output"}.get(port.direction, "inout")
    width = port.type.bitWidth
    dimensions = f"[{width - 1}:0] " if width > 1 else ""
    internal = port.internalSymbol
    if textual and isinstance(internal, ValueSymbol):
        written = _BUILT_IN.match(str(internal.declaredType.typeSyntax).strip())
        dimensions = written["dimensions"] if written else dimensions
    return f"{direction} {dimensions}{port.name}"
