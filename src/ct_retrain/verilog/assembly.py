"""Makes one text of a design or a testbench that lies in several files, so that everybody reads the same.

Files follow each other in their order, an `` `include`` of a file that can be found is that file, and macros of the
command line stand in front. A comment `// file: name` opens each file and each return to it, by which a line of the
whole can be named as people know it. A single file without any of this stays as it is, to the byte.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias


class File(NamedTuple):
    """A file by the name that somebody gave it."""

    name: str
    text: str


Find: TypeAlias = Callable[[str, str], File | None]
"""The file that is included by its first argument in the file of the second; None where nobody has it."""

MOST_CHARACTERS = 2 << 20
_DEPTH = 15


class Assembled(NamedTuple):
    """Several files as one text."""

    text: str
    included: tuple[File, ...] = ()
    """What was included, each once."""


def nobody(name: str, includer: str) -> File | None:
    """A Find that has nothing."""
    del name, includer
    return None


def assembled(
    files: Sequence[File], find: Find = nobody, defines: Mapping[str, str] | None = None
) -> Assembled:
    """*files* as one text; what *find* does not have stays an include."""
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
    """What *text* defines for the preprocessor; for a file whose modules somebody else brings."""
    return "\n".join(found[0] for found in _DIRECTIVE.finditer(text)) + "\n"


def told_by_file(text: str, message: str, name: str = "design.v") -> str:
    """*message* with lines of the assembled *text*, called *name* in it, told by the files they come from."""
    if _OPENED not in text:
        return message
    lines = text.split("\n")
    return re.sub(
        rf"\b(?:{re.escape(name)}:|line )(\d+)\b",
        lambda found: ":".join(map(str, _place(lines, int(found[1])))) if found[1] else found[0],
        message,
    )


def with_base_names(text: str, names: Collection[str]) -> str:
    """*text* with data files called by their last part alone, for they all lie in one place when it runs."""
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
    """The text of *file* with its includes in place; *budget* holds the characters that may still come."""
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
    """File and line of line *number* of an assembled text."""
    for at in range(min(number, len(lines)) - 1, -1, -1):
        if lines[at].startswith(_OPENED):
            name, _, first = lines[at].removeprefix(_OPENED).rpartition(":")
            if name and first.isdecimal():
                return name, number - at - 2 + int(first)
            return lines[at].removeprefix(_OPENED), number - at - 1
    return "command line", number
