"""A module between testbench and design that can change what either sees of the other.

It has the design's ports and parameters. Unknown output bits may get a value, and data inputs may be held.
With neither it changes nothing, which shows whether the testbench tolerates the wrapper itself.
"""

import re
from collections.abc import Collection, Iterator

from pyslang.ast import ArgumentDirection, InstanceSymbol, ParameterSymbol, PortSymbol
from pyslang.parsing import TokenKind
from pyslang.syntax import (
    HierarchicalInstanceSyntax,
    HierarchyInstantiationSyntax,
    ScopedNameSyntax,
)

from ct_retrain.judge.evidence.experiment import AS_WRITTEN, Experiment, Held
from ct_retrain.verilog.edits import Edit, insertion
from ct_retrain.verilog.kinds import instance_name
from ct_retrain.verilog.rename import with_suffix
from ct_retrain.verilog.stub import declared_parameter, declared_port, interface_of
from ct_retrain.verilog.tree import Parsed, elaborated, items_of, parse, tokens

_APART, _INNER = "ct_apart_", "ct_in_"


def wrapper_name(name: str) -> str:
    """Return the wrapper's name for the module *name*, without the secret."""
    return f"{_APART}{name}"


def inner_instance(secret: str) -> str:
    """Return the name of the design's instance in its wrapper."""
    return f"{_INNER}{secret}"


def use_wrappers(parsed: Parsed, wanted: Collection[str], secret: str) -> list[Edit]:
    """Return edits that make *parsed* instantiate wrappers of *wanted* modules; hierarchical names still
    resolve.
    """
    edits: list[Edit] = []
    held: set[str] = set()
    paths: list[ScopedNameSyntax] = []
    for node in parsed.nodes:
        if isinstance(node, HierarchyInstantiationSyntax) and node.type.valueText in wanted:
            held |= {instance_name(item) for item in items_of(node, "instances", HierarchicalInstanceSyntax)}
            place = parsed.span(node.type)
            if place is not None:
                edits += [insertion(place.start, _APART), insertion(place.end, f"_{secret}")]
        elif isinstance(node, ScopedNameSyntax) and not isinstance(node.parent, ScopedNameSyntax):
            paths.append(node)
    for path in paths:
        words = [token for token in tokens(path) if token.kind == TokenKind.Identifier]
        instance = next((word for word in words[:-1] if word.valueText in held), None)
        place = parsed.span(instance) if instance is not None else None
        if place is not None:
            edits.append(insertion(place.end, f".{_INNER}{secret}"))
    return edits


def wrapper(rtl: str, name: str, secret: str, tried: Experiment, key: str) -> str:
    """Return the wrapper of the module *name* in *rtl* for *tried*; "" if there can be none.

    *key*, hexadecimal digits, is the seed of random values.
    """
    parsed = parse(rtl)
    roots = [] if parsed is None else elaborated(parsed, frozenset({name}))
    root = next((one for one in roots if one.name == name), None)
    if root is None or any(
        _WAYS.get(port.direction) is None for port in items_of(root.body, "portList", PortSymbol)
    ):
        return ""
    return "\n".join(_lines(root, rtl, secret, tried, key))


def sealed_in_wrapper(rtl: str, name: str) -> str:
    """Return *rtl* with its module *name* in a wrapper of that name, which passes no parameters on; "" if impossible."""
    inner = f"{name}_ct_sealed"
    text = with_suffix(rtl, inner.removeprefix(name), frozenset({name}))
    shell = wrapper(text, inner, "sealed", AS_WRITTEN, "")
    plain = re.sub(
        rf"^  {re.escape(inner)} #\(.*?\) (?={_INNER}sealed \()", f"  {inner} ", shell, flags=re.MULTILINE
    )
    return f"{text}\n{plain.replace(f'{wrapper_name(inner)}_sealed', name)}" if text and shell else ""


_WAYS = {
    ArgumentDirection.In: "input",
    ArgumentDirection.Out: "output",
    ArgumentDirection.InOut: "inout",
}


def _lines(root: InstanceSymbol, rtl: str, secret: str, tried: Experiment, key: str) -> Iterator[str]:
    settable, ports = interface_of(root)
    head = ", ".join(map(declared_parameter, settable))
    given = ", ".join(f".{item.name}({item.name})" for item in settable if not item.isLocalParam)
    listed_ports = ", ".join(declared_port(port, textual=bool(settable)) for port in ports)
    number, unit = tried.since.split() if tried.since else ("", "")
    if unit:
        yield f"`timescale {unit}/{unit}"
    yield f"module {wrapper_name(root.name)}_{secret}{f' #({head})' if head else ''} ({listed_ports});"
    if number:
        yield f"  reg ct_on_{secret} = 0;"
        yield f"  initial #{number} ct_on_{secret} = 1;"
    held: frozenset[str] = data_inputs(root, rtl) if tried.held else frozenset()
    tied: list[str] = []
    for place, port in enumerate(ports):
        inner = f"ct_raw_{port.name}_{secret}"
        if port.direction == ArgumentDirection.Out and tried.unknown:
            tied.append(f".{port.name}({inner})")
            yield from _filled(port.name, _width(port, settable), secret, tried, key)
        elif port.name in held and tried.held in {"0", "1"}:
            tied.append(f".{port.name}({{({_width(port, settable)}){{1'b{tried.held}}}}})")
        elif port.name in held:
            tied.append(f".{port.name}(ct_turn_{port.name}_{secret}({port.name}))")
            yield from _turned(port.name, _width(port, settable), secret, _drawn(key, 7 * place))
        else:
            tied.append(f".{port.name}({port.name})")
    yield f"  {root.name}{f' #({given})' if given else ''} {inner_instance(secret)} ({', '.join(tied)});"
    yield "endmodule\n"


def _width(port: PortSymbol, settable: list[ParameterSymbol]) -> str:
    """Return the width of *port* as an expression of the parameters; `$bits` is too late for Icarus's ranges."""
    declared = declared_port(port, textual=bool(settable))
    return (
        " * ".join(f"(({a}) > ({b}) ? ({a}) - ({b}) + 1 : ({b}) - ({a}) + 1)" for a, b in _ranges(declared))
        or "1"
    )


def _ranges(declared: str) -> Iterator[tuple[str, str]]:
    """Yield both ends of each range of a declaration; a colon in brackets or of `?:` divides none."""
    depth = choices = start = middle = 0
    for at, sign in enumerate(declared):
        if sign in "[({":
            depth += 1
            if sign == "[" and depth == 1:
                start, middle, choices = at, at, 0
        elif sign in "])}":
            depth -= 1
            if sign == "]" and depth == 0 and middle > start:
                yield declared[start + 1 : middle], declared[middle + 1 : at]
        elif depth == 1 and sign in "?:":
            if sign == ":" and not choices:
                middle = at
            choices += 1 if sign == "?" else -1 if choices else 0


def _filled(name: str, width: str, secret: str, tried: Experiment, key: str) -> Iterator[str]:
    """Return an output of *width* bits with its unknown bits filled."""
    value = _drawn(key) if tried.unknown == "random" else f"1'b{tried.unknown}"
    on = f"ct_on_{secret}" if tried.since else "1'b1"
    open_ = " && bits[at] !== 1'bz" if tried.floats else ""
    function, inner = f"ct_fill_{name}_{secret}", f"ct_raw_{name}_{secret}"
    yield f"  wire [{width}-1:0] {inner};"
    yield f"  function [{width}-1:0] {function}(input [{width}-1:0] bits, input on); integer at;"
    yield f"    for (at = 0; at < {width}; at = at + 1) {function}[at] ="
    yield f"      on && bits[at] !== 1'b0 && bits[at] !== 1'b1{open_} ? {value} : bits[at];"
    yield "  endfunction"
    yield f"  assign {name} = {function}({inner}, {on});"


def _turned(name: str, width: str, secret: str, drawn: str) -> Iterator[str]:
    """Return a function that turns over those bits of an input of *width* bits that *drawn* decides."""
    function = f"ct_turn_{name}_{secret}"
    yield f"  function [{width}-1:0] {function}(input [{width}-1:0] bits); integer at;"
    yield f"    for (at = 0; at < {width}; at = at + 1) {function}[at] = bits[at] ^ {drawn};"
    yield "  endfunction"


def _drawn(key: str, offset: int = 0) -> str:
    """Return a bit that *key*, the time, the place `at` and *offset* decide."""
    return f"((64'h{key}{key} >> ((at + {offset} + $time) & 63)) & 1'b1)"


def data_inputs(root: InstanceSymbol, rtl: str) -> frozenset[str]:
    """Return the inputs of *root* that are neither clock nor reset, by name, or else by what *rtl* waits for."""
    inputs = [
        port for port in items_of(root.body, "portList", PortSymbol) if port.direction == ArgumentDirection.In
    ]
    named = {port.name for port in inputs if port.type.bitWidth == 1 and _CONTROL.fullmatch(port.name)}
    woken = {word for edge in _EDGE.findall(rtl) for word in edge}
    clocks = named or {port.name for port in inputs if port.type.bitWidth == 1 and port.name in woken}
    return frozenset(port.name for port in inputs) - clocks


_EDGE = re.compile(r"\b(?:pos|neg)edge\s+(\w+)")
_CONTROL = re.compile(
    r"(?:\w+_)?(?:clk|clock|ck|aclk|hclk|pclk|rst|reset|arst|srst|areset|aresetn?|presetn?|hresetn?|rstn|nrst|nreset|resetn|clr|clear)"
    r"(?:_?(?:n|ni|i|in|b|l|p|sync|async|\d+))*",
    re.IGNORECASE,
)
"""Names of clocks and resets."""


def recital_tests(rtl: str, wanted: Collection[str]) -> tuple[Held, ...]:
    """Return what to show the *wanted* modules of *rtl* for their data inputs, to learn whether they use them.

    None without a clock to count and data inputs to ignore. An unused enable is not a sign of hard-coded answers,
    unless there is a table of them. Wide inputs are turned over, because a recital can wait for one that moves;
    a few bits might by chance stay as they are, and are held.
    """
    parsed = parse(rtl) if _EDGE.search(rtl) or _CLOCKED.search(rtl) else None
    roots = [] if parsed is None else elaborated(parsed, frozenset(wanted))
    idle = len(_NUMBER.findall(rtl)) < _TABLE
    bits = sum(
        port.type.bitWidth
        for root in roots
        if root.name in wanted
        for data in [data_inputs(root, rtl)]
        for port in items_of(root.body, "portList", PortSymbol)
        if port.name in data and not (idle and _ENABLE.fullmatch(port.name))
    )
    return () if not bits else ("other", "another") if bits >= _WIDE else ("0", "1")


_WIDE = 8
_CLOCKED = re.compile(r"\b(?:\w+_)?(?:clk|clock)(?:_?\w)?\b", re.IGNORECASE)


_ENABLE = re.compile(
    r"(?:\w+_)?(?:en|ena|enable|ce|cen|clken|run|start|tick)(?:_?(?:n|i|in))?", re.IGNORECASE
)
_NUMBER = re.compile(r"(?<![\w'])\d+(?:'\w+)?")
_TABLE = 24
"""Numbers in a design that may hold a table of answers."""
