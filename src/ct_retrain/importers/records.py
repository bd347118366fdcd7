"""Read files of JSON: one value, a list, or one object a line; what is none is refused with its place."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Rejected
from ct_retrain.importers.values import list_of, object_of


class SourceObject(NamedTuple):
    """An object and its place."""

    place: str
    """FILE:NUMBER, counted from 1; FILE is relative to the directory that is read."""
    fields: dict[str, Any]


def objects(path: Path) -> Iterator[SourceObject | Rejected]:
    """Yield the objects of the file *path*, or of every `.json` and `.jsonl` file below the directory *path*."""
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*.json*") if one.is_file())
    if not files:
        raise UsageError(f"{path} is no file and no directory with .json or .jsonl files: name one")
    for file in files:
        name = file.name if file == path else file.relative_to(path).as_posix()
        try:
            yield from _in(name, file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            yield Rejected(subject=name, reason="unreadable", detail=str(error))


def _in(name: str, text: str) -> Iterator[SourceObject | Rejected]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield _line(f"{name}:{number}", line)
        return
    each = list_of(whole) if isinstance(whole, list) else [whole]  # pyright: ignore[reportUnknownArgumentType]
    for number, one in enumerate(each, 1):
        yield _object(f"{name}:{number}", one)


def _line(place: str, line: str) -> SourceObject | Rejected:
    try:
        return _object(place, json.loads(line))
    except (ValueError, RecursionError) as error:
        return Rejected(subject=place, reason="malformed_json", detail=str(error))


def _object(place: str, value: object) -> SourceObject | Rejected:
    if isinstance(value, dict):
        return SourceObject(place, object_of(value))  # pyright: ignore[reportUnknownArgumentType] - the values are anything
    return Rejected(subject=place, reason="not_an_object", detail=f"a {type(value).__name__}")
