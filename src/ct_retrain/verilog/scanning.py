"""Blank what only looks like code in Verilog text: comments, strings, escaped names, macro bodies."""

import re
from typing import NamedTuple


class Scan(NamedTuple):
    """A text and two blanked copies of it; every character keeps its offset."""

    text: str
    code: str
    """The text with comments, strings and directives blanked, and escaped names made plain."""
    directives: tuple[tuple[int, int], ...]
    """Start and end of every directive line, continued lines included, without the line end."""


def scan(text: str) -> Scan:
    """Scan *text*, which may hold prose, in linear time."""
    plain = _plain(text)
    spans = tuple(_directives(text, plain)) if "`" in plain else ()
    code = plain
    if spans:
        parts, at = [], 0
        for start, end in spans:
            parts += [plain[at:start], _blank(plain[start:end])]
            at = end
        code = "".join([*parts, plain[at:]])
    return Scan(text, code, spans)


_HIDDEN = r"//[^\n]*+|\"(?:[^\"\\\n]|\\.)*+\"?|\\[^\s\"`]\S*+"
_WITH_BLOCKS = re.compile(rf"/\*.*?\*/|{_HIDDEN}", re.DOTALL)
_WITHOUT_BLOCKS = re.compile(_HIDDEN, re.DOTALL)


def _plain(text: str) -> str:
    # After the last `*/` an opened comment has no end; searching from every `/*` would take quadratic time.
    last = text.rfind("*/") + 2
    if last < 2:
        return _WITHOUT_BLOCKS.sub(_hide, text)
    head = _WITH_BLOCKS.sub(_hide, text[:last])
    return head + _WITHOUT_BLOCKS.sub(_hide, text[last:])


def _hide(found: re.Match[str]) -> str:
    return "_" * len(found[0]) if found[0][0] == "\\" else _blank(found[0])


def _blank(text: str) -> str:
    return _NOT_A_LINE_END.sub(" ", text)


_NOT_A_LINE_END = re.compile(r"[^\n]")
_DIRECTIVE = re.compile(r"^[ \t]*`(?P<name>[A-Za-z_]\w*)", re.MULTILINE)
_STRAY = re.compile(r"`(?![A-Za-z_`\"\\])|`(?=[A-Za-z_]\w*`(?!`))")
"""A backtick that is not a directive: the end of `inline code`."""
_REST = {
    "timescale": re.compile(r"\s+\d+\s*[munpf]?s\s*/\s*\d+\s*[munpf]?s\s*$"),
    "define": re.compile(r"\s+[A-Za-z_\\]"),
    "default_nettype": re.compile(r"\s+\w+\s*$"),
    "include": re.compile(r"\s*$|\s*<[^>\n]*>\s*$|\s*`\w+\s*$"),
    "unconnected_drive": re.compile(r"\s+pull[01]\s*$"),
    "line": re.compile(r"\s+\d+"),
    "pragma": re.compile(r"\s+\w"),
    **dict.fromkeys(("ifdef", "ifndef", "elsif", "undef"), re.compile(r"\s+[\w$]+\s*$")),
    **dict.fromkeys(("else", "endif"), re.compile(r"\s*(?:[A-Z_][A-Z0-9_]*\s*)?$")),
    **dict.fromkeys(
        (
            *("resetall", "celldefine", "endcelldefine", "nounconnected_drive", "undefineall"),
            *("begin_keywords", "end_keywords"),
        ),
        re.compile(r"\s*$"),
    ),
}
"""What may follow a directive on its line, with comments and strings blanked."""


def _directives(text: str, plain: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    at = 0
    while found := _DIRECTIVE.search(plain, at):
        end = _line_end(text, found.end(), continued=found["name"] == "define")
        rest, said = _REST.get(found["name"]), plain[found.end() : end]
        if rest is not None and rest.match(said) and not _STRAY.search(said):
            spans.append((found.start(), end))
        at = max(end, found.end())
    return spans


def _line_end(text: str, start: int, *, continued: bool) -> int:
    """Return the end of the line that holds *start*; a backslash continues a macro's body."""
    while True:
        end = text.find("\n", start)
        if end < 0:
            return len(text)
        if not continued or text[end - 1] != "\\":
            return end
        start = end + 1
