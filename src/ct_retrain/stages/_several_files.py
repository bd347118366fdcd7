"""Reads a design or testbench in several files, as far as its trace may, and joins them into one text.

The judge compiles this text; a design's text is also what the model learns to write. See `verilog.assembly`.
"""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from ct_retrain.trace import FileRefusal
from ct_retrain.trace.lines import Payload
from ct_retrain.verilog.assembly import File, Find, assembled, directives_alone, with_base_names

MOST_FILES = 256
"""Maximum number of files of one design, one testbench, or the data of both."""

Read: TypeAlias = Callable[[str, str], bytes | FileRefusal]
"""Reads a file, given the payload's key and the name in it."""


class JoinedSource(NamedTuple):
    """A design or a testbench as one text."""

    name: str
    data: bytes
    parts: tuple["SourcePart", ...] = ()
    """The files it was joined from; empty if it is a single unchanged file."""


class SourcePart(NamedTuple):
    """One file, as read."""

    name: str
    data: bytes


class SharedFiles(NamedTuple):
    """What a design and its testbench share."""

    dirs: tuple[str, ...] = ()
    defines: tuple[tuple[str, str], ...] = ()
    data: tuple[str, ...] = ()
    """Last parts of the names of data files."""
    design: tuple[SourcePart, ...] = ()
    """Files of the design, given to its testbench: it uses their macros, not their modules."""


_NOTHING = SharedFiles()


def surroundings_of(payload: Payload) -> SharedFiles:
    """Return what *payload* says about both; most payloads say nothing."""
    if not (payload.include_dirs or payload.defines or payload.data_files):
        return _NOTHING
    return SharedFiles(
        as_list(payload.include_dirs),
        tuple(_defines(payload.defines)),
        tuple(posixpath.basename(name) for name in as_list(payload.data_files)),
    )


def as_list(names: Sequence[str] | str | None) -> tuple[str, ...]:
    """Return *names* as a tuple; a single name becomes a tuple of one."""
    if not names:
        return ()
    return (names,) if isinstance(names, str) else tuple(names)


def whole(key: str, names: Sequence[str], read: Read, around: SharedFiles) -> JoinedSource | FileRefusal:
    """Return the files *names* as one text; refusals name *key*, which is also the name of an inline text."""
    if len(names) > MOST_FILES:
        return FileRefusal("artefact_too_large", f"{key}: {len(names)} files, limit {MOST_FILES}")
    parts: list[SourcePart] = []
    for name in names:
        data = read(key, name)
        if isinstance(data, FileRefusal):
            return data
        parts.append(SourcePart(key if "\n" in name else name, data))
    only = parts[0]
    if len(parts) == 1 and not _needs_assembly(only.data, around):
        return JoinedSource(only.name, only.data)
    made = assembled(
        [File(part.name, _text(part.data)) for part in parts],
        _finder(key, read, around),
        dict(around.defines),
    )
    text = with_base_names(made.text, around.data) if around.design else made.text
    taken = [*parts, *(SourcePart(file.name, _bytes(file.text)) for file in made.included)]
    return JoinedSource(parts[-1].name, _bytes(text), tuple(taken) if len(taken) > 1 else ())


def _needs_assembly(data: bytes, around: SharedFiles) -> bool:
    return b"`include" in data or bool(around.defines) or (bool(around.data) and bool(around.design))


def _finder(key: str, read: Read, around: SharedFiles) -> Find:
    known = {part.data for part in around.design}

    def find(name: str, includer: str) -> File | None:
        for directory in (posixpath.dirname(includer), *around.dirs):
            path = posixpath.normpath(posixpath.join(directory, name))
            data = b"" if "\n" in path else read(key, path)
            if not isinstance(data, FileRefusal):
                text = _text(data)
                brought = data in known and _HOLDS_MODULES.search(text)
                return File(path, directives_alone(text) if brought else text)
        return None

    return find


_HOLDS_MODULES = re.compile(r"^[ \t]*(?:module|macromodule|package|interface|primitive)\b", re.MULTILINE)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


_NAME = re.compile(r"[A-Za-z_]\w*")


def _defines(given: Mapping[str, str | int | None] | Sequence[str] | str | None) -> list[tuple[str, str]]:
    """Return name and value of each macro, leaving out invalid names and values of several lines."""
    if isinstance(given, Mapping):
        pairs = [(name, "" if value is None else str(value)) for name, value in given.items()]
    else:
        pairs = [(name, value) for name, _, value in (each.partition("=") for each in as_list(given))]
    return [(name, value) for name, value in pairs if _NAME.fullmatch(name) and value.isprintable()]
