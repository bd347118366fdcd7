"""The RTL in a model's answer: whole modules only, whatever prose, fences or drafts stand around them."""

import re
from typing import NamedTuple

from ct_retrain.core.thoughts import split_thoughts

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n`]*$", re.MULTILINE)
_HIDDEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"", re.DOTALL)
_HEAD = re.compile(
    r"\b(?P<kind>module|macromodule|package|interface)\s+(?:automatic\s+|static\s+)?"
    r"(?P<name>[A-Za-z_][\w$]*|\\\S+\s)\s*(?:import\b[^;]*;\s*)*(?=[#(;])"
)
_END = re.compile(r"\bend(?P<kind>module|package|interface)\b(?:\s*:\s*[A-Za-z_][\w$]*)?")
_INSTANCE = re.compile(
    r"^\s*(?P<type>[A-Za-z_][\w$]*)\s*(?:#\s*\(.*?\)\s*)?[A-Za-z_][\w$]*\s*\(", re.MULTILINE | re.DOTALL
)
_DIRECTIVE = re.compile(r"^[ \t]*`(?:(?:[^\n\\]|\\.)*\\\n)*[^\n]*$", re.MULTILINE)


class _Unit(NamedTuple):
    """A module (or package, or interface) with the compiler directives that stand before it."""

    name: str
    text: str
    closed: bool
    """It has no ports: a testbench, when it also instantiates something."""


def find_rtl(answer: str) -> str:
    """The modules of *answer*, in order and as written; "" when it holds no whole module.

    Fenced blocks are preferred over text around them. Of two modules with one name the later stays, for models
    correct themselves; a module without ports that instantiates another of the answer is the model's own
    testbench and is left out. Thoughts are not part of the answer, and an unfinished one leaves none.
    """
    text = split_thoughts(answer.replace("\r\n", "\n")).answer
    found = [unit for block in _fenced(text) for unit in _units(block)] or _units(text)
    kept: dict[str, _Unit] = {}
    for unit in found:
        kept.pop(unit.name, None)
        kept[unit.name] = unit
    designs = [unit.text for unit in kept.values() if not _drives(unit, kept)]
    return "\n\n".join(designs) + "\n" if designs else ""


def _fenced(text: str) -> list[str]:
    """What stands between fences; an answer that was cut off may lack the last one."""
    marks = [(mark.start(), mark.end()) for mark in _FENCE.finditer(text)]
    ends = [start for start, _ in marks[1::2]] + [len(text)]
    return [text[after:end] for (_, after), end in zip(marks[0::2], ends, strict=False)]


def _units(text: str) -> list[_Unit]:
    code = _HIDDEN.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    units: list[_Unit] = []
    before = 0
    for end in _END.finditer(code):
        heads = [
            head for head in _HEAD.finditer(code, before, end.start()) if head["kind"].endswith(end["kind"])
        ]
        if heads:
            head = heads[-1]
            lines = [
                found[0].strip()
                for found in _DIRECTIVE.finditer(text, before, _line_start(text, head.start()))
            ]
            body = text[head.start() : end.end()]
            ports = not re.match(r"\s*(?:;|\(\s*\)\s*;)", code[head.end() : end.start()])
            units.append(_Unit(head["name"].strip(), "\n".join([*lines, body]), not ports))
        before = end.end()
    return units


def _line_start(text: str, position: int) -> int:
    return text.rfind("\n", 0, position) + 1


def _drives(unit: _Unit, known: dict[str, _Unit]) -> bool:
    """Whether *unit* is a testbench for another module of the answer."""
    return unit.closed and any(found["type"] in known for found in _INSTANCE.finditer(unit.text))
