"""Designs that do nothing: a module's header over a constant, for asking a testbench whether it looks at all."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pyslang.ast import ArgumentDirection, InstanceSymbol, ParameterSymbol, PortSymbol, ValueSymbol

from ct_retrain.verilog.modules import declarations
from ct_retrain.verilog.modules import module_names as names_of
from ct_retrain.verilog.tree import elaborated, items_of, parse

Level = Literal["0", "1", "x", "z", "echo"]
"""What every bit of every output is; `echo` repeats the first input."""

_BUILT_IN = re.compile(
    r"^(?:(?:reg|logic|wire|bit|var|signed|unsigned|tri)\b\s*)*(?P<dimensions>(?:\[[^\]]*\]\s*)*)$"
)


def stub(rtl: str, name: str, level: Level) -> str:
    """A module with the ports and parameters of *name* in *rtl* and constant outputs; "" when *rtl* has no such."""
    parsed = parse(rtl)
    if parsed is None or name not in names_of(parsed).defined:
        return ""
    return "".join(
        _render(root, level) for root in elaborated(parsed, frozenset({name})) if root.name == name
    )


def idled(rtl: str, names: tuple[str, ...], level: Level) -> str:
    """*rtl* with the modules *names* as stubs of *level* in the place of what they are."""
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
    """The parameters of the header, with local ones on which widths may hang, and the ports of a module."""
    parameters = [
        item
        for item in instance.body
        if isinstance(item, ParameterSymbol) and (item.isPortParam or not item.isLocalParam)
    ]
    return parameters, [port for port in items_of(instance.body, "portList", PortSymbol) if port.name]


def choosing(rtl: str, name: str, choices: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """A module with the interface of *name* in *rtl* that is another module for each set of parameters.

    *choices* are the others by name, with the values of parameters that lead to each; "" when *rtl* has no *name*.
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
    """The header of a module."""
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
    """`parameter W = 8`; a local one, on which widths may hang, as it was written, so that it follows the others."""
    return f"localparam {item.syntax}" if item.isLocalParam else f"parameter {item.name} = {item.value}"


def declared_port(port: PortSymbol, *, textual: bool) -> str:
    """`input [3:0] a`; with *textual*, widths as written, for they may hang on parameters."""
    direction = {ArgumentDirection.In: "input", ArgumentDirection.Out: "output"}.get(port.direction, "inout")
    width = port.type.bitWidth
    dimensions = f"[{width - 1}:0] " if width > 1 else ""
    internal = port.internalSymbol
    if textual and isinstance(internal, ValueSymbol):
        written = _BUILT_IN.match(str(internal.declaredType.typeSyntax).strip())
        dimensions = written["dimensions"] if written else dimensions
    return f"{direction} {dimensions}{port.name}"
