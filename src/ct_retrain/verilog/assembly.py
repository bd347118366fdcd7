"""Join the files of a design or a testbench into one text, so that every tool reads the same thing.

- Files are joined in the order given; macros of the command line come first.
- An `` `include`` is replaced by the file that it names, if that file is found.
- A comment `// file: name` marks the start of each file and each return to it, so that messages can name
  original lines.
- A single file without includes or macros is returned unchanged, byte for byte.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias


class File(NamedTuple):
    """A source file: the name that its owner gave it, and its text."""

    name: str
    text: str


Find: TypeAlias = Callable[[str, str], File | None]
"""Look up an include: (name in the directive, name of the including file) → the file; None if not found."""

MOST_CHARACTERS = 2 << 20
_DEPTH = 15


class Assembled(NamedTuple):
    """Several files joined into one text."""

    text: str
    included: tuple[File, ...] = ()
    """Every included file, each once."""


def nothing_found(name: str, includer: str) -> File | None:
    """A `Find` that finds nothing."""
    del name, includer
    return None


def assembled(
    files: Sequence[File], find: Find = nothing_found, defines: Mapping[str, str] | None = None
) -> Assembled:
    """Join *files* into one text; includes that *find* does not find stay. *defines* maps macros to values."""
    included: dict[str, File] = {}
    budget = [MOST_CHARACTERS]
    pieces = [(file, list(_pieces(file, find, included, (file.name,), budget))) for file in files]
    whole = "".join(piece for _, found in pieces for piece in found)
    set_outside = "".join(
        f"`define {name} {value}".rstrip() + "\n"
        for name, value in (defines or {}).items()
        if re.search(rf"\b{re.escape(name)}\b", whole)
    )
    if len(files) == 1 and not included:
        return Assembled(set_outside + files[0].text)
    text = "".join(f"{_OPENED}{file.name}\n{_closed(''.join(found))}" for file, found in pieces)
    return Assembled(set_outside + text, tuple(included.values()))


def directives_alone(text: str) -> str:
    """Return only the preprocessor directives of *text*, for a file whose modules are supplied by another."""
    return "\n".join(found[0] for found in _DIRECTIVE.finditer(text)) + "\n"


def told_by_file(text: str, message: str, name: str = "design.v") -> str:
    """Replace line numbers of the assembled *text* (*name* in *message*) by the original files and lines."""
    if _OPENED not in text:
        return message
    lines = text.split("\n")
    return re.sub(
        rf"\b(?:{re.escape(name)}:|line )(\d+)\b",
        lambda found: ":".join(map(str, _place(lines, int(found[1])))) if found[1] else found[0],
        message,
    )


def with_base_names(text: str, names: Collection[str]) -> str:
    """Strip directories from the paths of the data files *names*, which all lie in one directory at run time."""
    if not names:
        return text
    each = "|".join(re.escape(name) for name in sorted(names))
    return re.sub(rf'"[^"\n]*/({each})"', r'"\1"', text)


_OPENED = "// file: "
_DIRECTIVE = re.compile(
    r"^[ \t]*`(?:define|undef|ifdef|ifndef|elsif|else|endif)\b(?:[^\n\\]|\\.|\\\n)*$", re.MULTILINE
)
_INCLUDE = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|`include[ \t]+[\"<](?P<name>[^\">\n]*)[\">][ \t]*", re.DOTALL
)


def _pieces(
    file: File, find: Find, included: dict[str, File], above: tuple[str, ...], budget: list[int]
) -> Iterator[str]:
    """Yield the text of *file* with its includes expanded; *budget* holds the characters still allowed."""
    at = 0
    budget[0] -= len(file.text)
    for found in _INCLUDE.finditer(file.text):
        if found["name"] is None or budget[0] < 0 or len(above) > _DEPTH:
            continue
        inner = find(found["name"], file.name)
        if inner is None:
            continue
        yield file.text[at : found.start()]
        at = found.end()
        if inner.name in above:
            continue
        included[inner.name] = inner
        line = file.text.count("\n", 0, at) + 1
        yield f"\n{_OPENED}{inner.name}\n"
        yield _closed("".join(_pieces(inner, find, included, (*above, inner.name), budget)))
        yield f"{_OPENED}{file.name}:{line}\n"
    yield file.text[at:]


def _closed(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _place(lines: Sequence[str], number: int) -> tuple[str, int]:
    """Return the original file and line of line *number* of an assembled text."""
    for at in range(min(number, len(lines)) - 1, -1, -1):
        if lines[at].startswith(_OPENED):
            name, _, first = lines[at].removeprefix(_OPENED).rpartition(":")
            if name and first.isdecimal():
                return name, number - at - 2 + int(first)
            return lines[at].removeprefix(_OPENED), number - at - 1
    return "command line", number
