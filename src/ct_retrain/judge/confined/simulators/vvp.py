"""Checks Icarus's compiled output: the design's part of it must do only what a design may do.

The guard has examined the text that the compiler read, so this finds something only if one of them is wrong. It goes
by scope, which a text cannot forge, not by file and line: a scope is the design's if it, or a scope above it, is a
module or package that the design defines.

Forbidden in these scopes: system tasks and functions that are not pure, `final` processes, `force` and procedural
`assign`, variables and scopes of others in procedural code, and scopes that do not occur in the design's text. Not
checked: what continuous assignments read, and how often a process wakes.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ct_retrain.verilog.legal import CALLS


class Declared(NamedTuple):
    """What the compiled texts declare."""

    roots: frozenset[str]
    """Modules, packages and interfaces of the design."""
    names: frozenset[str]
    """All identifiers in the design."""
    others: frozenset[str]
    """Modules of the testbench, by their names in this run."""


def breach(compiled: str, declared: Declared) -> str:
    """Return what the design does in the text *compiled* that it may not, and in which scope; "" if nothing."""
    found = _read(compiled, declared)
    return next(_breaches(found), "")


class _Scope(NamedTuple):
    path: str
    """Names from the root, as `%m` prints them."""
    ours: bool
    """Whether the scope belongs to the design."""
    known: bool
    """Whether the texts declare it."""


class _Line(NamedTuple):
    scope: _Scope
    at: re.Match[str]


class _Found(NamedTuple):
    scopes: dict[str, _Scope]
    """Scopes by their label."""
    foreign: set[str]
    """Labels of variables and scopes that are not the design's."""
    lines: list[_Line]
    """Instructions in the design's scopes."""


_LINE = re.compile(
    r'^(?P<label>S_\w+) \.scope (?P<kind>\w+)[\w.]*, "(?P<name>[^"]*)" "(?P<type>[^"]*)"[^;\n]*?'
    r"(?:, (?P<parent>S_\w+))?;$"
    r"|^ {4}\.scope (?P<into>S_\w+);$"
    r"|^(?P<variable>v\w+?)(?:_\d+)? \.(?:var|net|array(?!/port))\b"
    r'|^ +%vpi_(?:call|func)\S* \d+ \d+ (?P<call>"(?P<task>[^"]*)"[^\n]*)$'
    r'|\.sfunc\S* \d+ \d+ "(?P<function>[^"]*)"'
    r"|^ +\.thread \w+, [^\n]*(?P<final>\$final)"
    r"|^ +%(?P<code>\w+)(?P<operands>[^\n]*)$"
)
"""Matches what matters in one line; most of a compiled text is the testbench's code, of which only `_DECLARATIONS` do."""
_DECLARATIONS = ("S_", "v", "    .scope ")
_OUTSIDE = _Scope("", ours=False, known=True)


def _read(compiled: str, declared: Declared) -> _Found:
    found = _Found({}, set(), [])
    inside = _OUTSIDE
    for line in compiled.split("\n"):
        if not inside.ours and not line.startswith(_DECLARATIONS):
            continue
        for at in _matches(line):
            if at["label"]:
                inside = found.scopes[at["label"]] = _opened(at, found.scopes.get(at["parent"]), declared)
                if not inside.ours and at["kind"] != "package":
                    found.foreign.add(at["label"])
                found.lines.append(_Line(inside, at))
            elif at["into"]:
                inside = found.scopes.get(at["into"], _OUTSIDE)
            elif at["variable"]:
                if not inside.ours and not inside.path.startswith("$unit"):
                    found.foreign.add(at["variable"])
            elif inside.ours:
                found.lines.append(_Line(inside, at))
    return found


def _matches(line: str) -> Iterator[re.Match[str]]:
    """Yield what matters in *line*: one thing at its beginning, except for functions, which may be anywhere in it."""
    if ".sfunc" in line:
        yield from _LINE.finditer(line)
    elif (at := _LINE.match(line)) is not None:
        yield at


_GENERATED = re.compile(r"genblk\d+|\$\w+|_ivl_\w+")
"""Matches names that the compiler gives to unnamed blocks."""


def _opened(at: re.Match[str], parent: _Scope | None, declared: Declared) -> _Scope:
    kind, name = at["kind"], at["name"]
    path = f"{parent.path}.{name}" if parent else name
    starts = at["type"] if kind == "module" else name if kind == "package" else ""
    brought = starts in declared.others and starts not in declared.roots
    # Outside modules, the testbench's names carry the nonce, so a name that the design's text contains is the design's.
    outside = parent is not None and parent.path == "$unit" and name in declared.names
    ours = not brought and (starts in declared.roots or outside or (parent is not None and parent.ours))
    base = name.partition("[")[0]
    if not ours:
        known = kind != "module" or starts in declared.others
    else:
        known = (
            (kind != "module" or starts in declared.roots)
            # The design hangs below an instance whose name is the testbench's.
            and (base in declared.names or _GENERATED.fullmatch(base) or not (parent and parent.ours))
        )
    return _Scope(path, ours, bool(known))


_OVERRIDES = frozenset({"force", "release", "cassign", "deassign"})
_IMPLIED = re.compile(
    r'"\$error" \{0 0 0\};|"\$warning", "value is unhandled for priority or unique case statement" \{0 0 0\};'
)
"""Matches what the compiler adds to an assertion without `else`, and to `unique case` and `priority case`."""
_LABELS = re.compile(r"\b(?:(v\w+?)(?:_\d+)?|(S_\w+))\b")


def _breaches(found: _Found) -> Iterator[str]:
    for scope, at in found.lines:
        if at["label"]:
            if not scope.known:
                yield f"the scope {scope.path}, which no text declares"
            continue
        what = _done(at, found.foreign)
        if what:
            yield f"{what} in {scope.path}"


def _done(at: re.Match[str], foreign: set[str]) -> str:
    """Return what a design may not do in this line; "" if the line is allowed."""
    name = at["task"] or at["function"]
    if name:
        harmless = name in CALLS or _IMPLIED.match(at["call"] or "")
        return "" if harmless else f"a call of {name}"
    if at["final"]:
        return "a final process"
    if at["code"] in _OVERRIDES:
        return f"a procedural {at['code']}"
    labels = (variable or scope for variable, scope in _LABELS.findall(at["operands"]))
    return f"%{at['code']} on what is not the design's" if any(label in foreign for label in labels) else ""
