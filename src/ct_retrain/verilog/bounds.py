"""Says whether a text may be parsed in process: pyslang dies of deep nesting and has no bound on macro expansion."""

import re
from typing import NamedTuple

MAX_CHARACTERS = 2 << 20
MAX_DEPTH = 500
MAX_STRETCH = 40_000
MAX_EXPANSION = 200_000

_BLOCKS = re.compile(
    r"\b(?:(?P<open>begin|module|macromodule|interface|generate|fork)"
    r"|(?P<close>end|endmodule|endinterface|endgenerate|join|join_any|join_none))\b"
)
_DEFINE = re.compile(
    r"^[ \t]*`define[ \t]+(?P<name>[A-Za-z_]\w*)(?:\((?P<parameters>[^)\n]*)\))?(?P<body>(?:[^\n\\]|\\.|\\\n)*)",
    re.MULTILINE,
)
_PARAMETERS = re.compile(r"`define\s+(?P<name>\S+?)\(")
_PARENTHESIS = re.compile(r"[()]")
_USE = re.compile(r"`([A-Za-z_]\w*)")
_WORD = re.compile(r"[A-Za-z_]\w*")
_SEPARATOR = re.compile(r"[;,]")


class _Macro(NamedTuple):
    size: int
    uses: tuple[str, ...]
    copies: int
    """How often the body repeats one parameter; nested arguments multiply by it."""


def too_much(text: str) -> str:
    """Why *text* must not be parsed in process, or "" when it may."""
    if len(text) > MAX_CHARACTERS:
        return f"the text is longer than {MAX_CHARACTERS} characters"
    if len(text) > MAX_STRETCH and _stretch(text) > MAX_STRETCH:
        return f"more than {MAX_STRETCH} characters without a separator"
    if _depth(text) > MAX_DEPTH:
        return f"blocks are nested deeper than {MAX_DEPTH}"
    if _endless(text):
        return "a macro in the default argument of a macro, which may be itself"
    if _expansion(text) > MAX_EXPANSION:
        return f"macros expand to more than {MAX_EXPANSION} characters"
    return ""


def _defaults(text: str) -> dict[str, tuple[str, ...]]:
    """The macros in the default arguments of each macro that has any."""
    found: dict[str, tuple[str, ...]] = {}
    for head in _PARAMETERS.finditer(text):
        uses = tuple(_USE.findall(text[head.end() : _closed(text, head.end())]))
        if uses:
            found[head["name"]] = found.get(head["name"], ()) + uses
    return found


def _endless(text: str) -> bool:
    """Whether a macro may stand in a default argument of its own, where the parser does not notice."""
    defaults = _defaults(text) if "`define" in text else {}
    if not defaults:
        return False
    reached = {name: set(uses) for name, uses in defaults.items()}
    for found in _DEFINE.finditer(text):
        reached.setdefault(found["name"], set()).update(_USE.findall(found[0])[1:])
    for name, uses in defaults.items():
        seen: set[str] = set()
        ahead = list(uses)
        while ahead:
            here = ahead.pop()
            if here == name:
                return True
            if here not in seen:
                seen.add(here)
                ahead += reached.get(here, ())
    return False


def _closed(text: str, start: int) -> int:
    """Where the parenthesis closes that was opened right before *start*; the end of *text* when none does."""
    depth = 1
    for found in _PARENTHESIS.finditer(text, start):
        depth += 1 if found[0] == "(" else -1
        if depth == 0:
            return found.start()
    return len(text)


def _stretch(text: str) -> int:
    return max(len(piece) for piece in _SEPARATOR.split(text))


def _depth(text: str) -> int:
    depth = deepest = 0
    for block in _BLOCKS.finditer(text):
        depth = depth + 1 if block["open"] else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _expansion(text: str) -> int:
    """An upper bound on the characters that macros add; a macro defined twice counts as both."""
    if "`define" not in text:
        return 0
    macros: dict[str, _Macro] = {}
    for found in _DEFINE.finditer(text):
        old, new = macros.get(found["name"], _Macro(0, (), 1)), _macro(found)
        macros[found["name"]] = _Macro(old.size + new.size, old.uses + new.uses, max(old.copies, new.copies))
    for name, uses in _defaults(text).items():
        # A default argument stands wherever its parameter does.
        if name in macros:
            one = macros[name]
            macros[name] = one._replace(uses=one.uses + uses * max(1, one.copies))
    sizes: dict[str, int] = {}
    total = 0
    for statement in _DEFINE.sub("", text).split(";"):
        total += _together(len(statement), tuple(_USE.findall(statement)), macros, sizes) - len(statement)
        if total > MAX_EXPANSION:
            break
    return total


def _macro(found: re.Match[str]) -> _Macro:
    body = found["body"]
    parameters = {name.split("=")[0].strip() for name in (found["parameters"] or "").split(",")}
    words = [word for word in _WORD.findall(body) if word in parameters]
    copies = max((words.count(name) for name in set(words)), default=1)
    return _Macro(len(body), tuple(_USE.findall(body)), copies)


def _together(size: int, uses: tuple[str, ...], macros: dict[str, _Macro], sizes: dict[str, int]) -> int:
    """What *size* characters become when the macros in *uses* stand in them, at worst inside each other."""
    for name in uses:
        if name in macros and size <= MAX_EXPANSION:
            size = size * macros[name].copies + _size(name, macros, sizes)
    return size


def _size(name: str, macros: dict[str, _Macro], sizes: dict[str, int]) -> int:
    if name not in sizes:
        # A macro that reaches itself is an error to the parser, which stops there; so may we.
        sizes[name] = 0
        macro = macros[name]
        sizes[name] = min(_together(macro.size, macro.uses, macros, sizes), MAX_EXPANSION + 1)
    return sizes[name]
