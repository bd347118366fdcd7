"""Reads the files of a gold set and yields the objects in them with their place; unreadable parts are reported.

Formats: JSON Lines (`.jsonl`, `.ndjson`), JSON (`.json`: an array, or an object whose `data` is one) and Parquet; the
first two may be compressed (`.gz`). Text is UTF-8, with or without byte order mark, with either line ending. Only
regular files are opened, so that a pipe or device neither blocks nor fills the memory.
"""

import gzip
import importlib
import io
import json
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from ct_retrain import disk
from ct_retrain.core.installation import install_command
from ct_retrain.core.record import Rejected
from ct_retrain.trace.run_files import file_refusal

LONGEST_LINE = 16 << 20
"""Maximum bytes of a line of JSON Lines; longer ones are refused."""
LARGEST_JSON = 1 << 30
"""Maximum bytes of a `.json` file, uncompressed; larger ones are refused, because the file is read at once."""

DOCUMENTATION = "documentation"
"""Reason for a file that describes the set and contains no data."""

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_WHOLE = (".json", ".json.gz")
_TABLES = (".parquet",)
_ARRAYS = ("data", "train", "rows", "examples", "instances", "items")
"""Keys under which a JSON object may have its array of rows."""
_DOCUMENTS = ("readme", "license", "licence", "notice", "citation", "changelog", "copying")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_BATCH = 1024
_SAID = 160
_MISSING = "it is a link to nothing, or has gone since"


class Entry(NamedTuple):
    """One object of a file."""

    place: str
    """`gold/v4.jsonl:12`: the line, or for JSON and Parquet the row, from 1."""
    value: object


def files_in(directory: Path) -> list[Path]:
    """Return the entries of *directory* by name, without those whose name begins with a dot."""
    try:
        return sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        return [directory]


def entries(path: Path, subject: str) -> Iterator[Entry | Rejected]:
    """Yield every object of the file *path*, named *subject* in reports; a Rejected for what cannot be read.

    A Rejected whose subject is *subject* itself is about the whole file. Raise ToolError if the machine fails.
    """
    refused = unread(path)
    try:
        if refused is None:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                yield from _objects(file, path.name.lower(), subject)
    except OSError as error:
        refused = _unreadable(error, path)
    if refused is not None:
        yield Rejected(subject=subject, reason=refused[0], detail=refused[1])


def unread(path: Path) -> tuple[str, str] | None:
    """Return reason and detail if the file *path* is not read at all; else None."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return _unreadable(error, path)
    if stat.S_ISDIR(mode):
        return "not_a_file", "a directory: only files directly in it are read, move them up or link to them"
    if not stat.S_ISREG(mode):
        return "not_a_file", "a pipe, socket or device"
    name = path.name.lower()
    if name.endswith((*_LINES, *_WHOLE, *_TABLES)):
        return None
    if name.startswith(_DOCUMENTS) or name.endswith(".md"):
        return DOCUMENTATION, "read by people"
    known = ", ".join((*_LINES[:1], *_LINES[2:3], *_WHOLE, *_TABLES))
    return "unknown_format", f"not one of {known}: convert it"


def fingerprints(directory: Path) -> list[str]:
    """Return name and sha256 of every file of *directory* that is read, in order; for the others, the reason."""
    found: list[str] = []
    for path in files_in(directory):
        reason = unread(path)
        found.append(f"{path.name} {reason[0] if reason else disk.sha256_of(path)}")
    return found


def _unreadable(error: OSError, path: Path) -> tuple[str, str]:
    found = file_refusal(error, path.name)
    return ("missing", _MISSING) if found.reason == "artefact_missing" else (found.reason, found.detail)


def _objects(file: BinaryIO, name: str, subject: str) -> Iterator[Entry | Rejected]:
    if name.endswith(_TABLES):
        yield from _table(file, subject)
        return
    packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    stream = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file
    done = 0
    try:
        for found in _json(stream, subject) if name.endswith(_WHOLE) else _lines(stream, subject):
            yield found
            done += 1
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        where = f"{subject}:{done + 1}" if done else subject
        yield Rejected(
            subject=where, reason="bad_gzip", detail=f"{error}; nothing behind it was read"[:_SAID]
        )


def _lines(stream: BinaryIO, subject: str) -> Iterator[Entry | Rejected]:
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        place = f"{subject}:{number}"
        if number == 1 and line.startswith(_WIDE):
            yield Rejected(subject=subject, reason="bad_utf8", detail="it is UTF-16: save it as UTF-8")
            return
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST_LINE)
            yield Rejected(
                subject=place, reason="too_large", detail=f"a line of more than {LONGEST_LINE} bytes"
            )
            continue
        text = line.removeprefix(_BOM).strip() if number == 1 else line.strip()
        if text:
            yield _decoded(text, place)


def _json(stream: BinaryIO, subject: str) -> Iterator[Entry | Rejected]:
    data = stream.read(LARGEST_JSON + 1)
    if len(data) > LARGEST_JSON:
        yield Rejected(
            subject=subject, reason="too_large", detail=f"more than {LARGEST_JSON} bytes: make it .jsonl"
        )
        return
    if data.startswith(_WIDE):
        yield Rejected(subject=subject, reason="bad_utf8", detail="it is UTF-16: save it as UTF-8")
        return
    if not data.removeprefix(_BOM).strip():
        return
    whole = _decoded(data.removeprefix(_BOM), subject)
    if isinstance(whole, Rejected):
        # Files named .json often contain JSON Lines.
        found = list(_lines(io.BytesIO(data), subject))
        good = any(isinstance(one, Entry) for one in found)
        yield from found if good else [whole]
        return
    for number, value in enumerate(_items(whole.value), 1):
        yield Entry(f"{subject}:{number}", value)


def _items(value: object) -> list[object]:
    """Return the rows of a whole JSON document; an object without an array of rows is one row."""
    if isinstance(value, list):
        return cast("list[object]", value)
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        for name in _ARRAYS:
            rows = fields.get(name)
            if isinstance(rows, list):
                return cast("list[object]", rows)
    return [value]


def _decoded(text: bytes, place: str) -> Entry | Rejected:
    try:
        return Entry(place, json.loads(text.decode()))
    except UnicodeDecodeError as error:
        reason, detail = "bad_utf8", f"{error.reason} at byte {error.start}"
    except RecursionError:
        reason, detail = "too_deep", "nested too deeply"
    except ValueError as error:
        reason, detail = "malformed_json", str(error)
    return Rejected(subject=place, reason=reason, detail=detail[:_SAID])


def _table(file: BinaryIO, subject: str) -> Iterator[Entry | Rejected]:
    """Yield the rows of a Parquet file; pyarrow comes with `datasets`, and is imported only here."""
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
        errors: Any = importlib.import_module("pyarrow.lib").ArrowException
    except ImportError:
        detail = f"Parquet needs pyarrow: {install_command('train')}, or convert it to .jsonl"
        yield Rejected(subject=subject, reason="no_reader", detail=detail)
        return
    number = 0
    try:
        for batch in parquet.ParquetFile(file).iter_batches(_BATCH):
            for row in batch.to_pylist():
                number += 1
                yield Entry(f"{subject}:{number}", row)
    except (errors, ValueError, OSError) as error:
        where = f"{subject}:{number + 1}" if number else subject
        said = next(iter(str(error).splitlines()), type(error).__name__)
        yield Rejected(subject=where, reason="bad_parquet", detail=said[:_SAID])
