"""Files and Records: absent, old or new, never half."""

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import Record
from ct_retrain.disk.names import sync_directory, temporary_name, tool_error

R = TypeVar("R", bound=Record)

T = TypeVar("T")


def write_bytes(path: Path, data: bytes) -> None:
    """Put *data* at *path*, durably and at once; the parent directory must exist."""
    write_chunks(path, (data,))


def write_chunks(path: Path, chunks: Iterable[bytes], mode: int | None = None) -> None:
    """Stream *chunks* into *path*, durably and at once, with the permissions *mode* if given."""
    temporary = temporary_name(path)
    try:
        if mode is not None:
            temporary.unlink(missing_ok=True)
        with temporary.open("wb") as file:
            file.writelines(chunks)
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise tool_error("write", path, error) from error
    sync_directory(path.parent)


def write_text(path: Path, text: str) -> None:
    """Put *text* at *path* as UTF-8, durably and at once."""
    write_bytes(path, text.encode())


def write_scratch(path: Path, text: str) -> None:
    """Put *text* at *path* at once but not durably: for what can be made again, or is checked when it is read."""
    temporary = temporary_name(path)
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise tool_error("write", path, error) from error


def replace_file(source: Path, target: Path) -> None:
    """Let *source*, which another library wrote in the same directory, take the place of *target*: durably, at once."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        source.replace(target)
    except OSError as error:
        raise tool_error("write", target, error) from error
    sync_directory(target.parent)


def write_record(path: Path, record: Record) -> None:
    """Put *record* at *path* as indented JSON, durably and at once."""
    write_text(path, record.model_dump_json(indent=2) + "\n")


def append_record(path: Path, record: Record) -> None:
    """Add *record* as the last line of *path*; for short files with one writer, rewritten whole so no line tears."""
    old = path.read_bytes() if path.exists() else b""
    write_bytes(path, old + record.model_dump_json().encode() + b"\n")


def write_lines(path: Path, records: Iterator[Record]) -> int:
    """Stream *records* into the JSONL file *path*, durably and at once; return how many."""
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for record in records:
            yield record.model_dump_json().encode() + b"\n"
            count += 1

    write_chunks(path, lines())
    return count


def read_record(path: Path, kind: type[R]) -> R:
    """Read the Record at *path*; raise CorruptStateError when it is missing, torn or of another shape."""
    return read_as(path, TypeAdapter(kind))


def read_as(path: Path, adapter: TypeAdapter[T]) -> T:
    """Read *path* as *adapter* says, for unions that have no class."""
    with _present(path):
        data = path.read_bytes()
    try:
        return adapter.validate_json(data)
    except ValidationError as error:
        message = f"{path} is not what we wrote ({_first(error)}): restore it, or delete its directory and run again"
        raise CorruptStateError(message) from error


def read_lines(path: Path, kind: type[R]) -> Iterator[R]:
    """Yield the Records of the JSONL file *path*, one at a time; raise CorruptStateError naming the line."""
    with RecordFile(path, kind) as file:
        yield from (record for _, record in file)


class RecordFile(Generic[R]):
    """The Records of a JSONL file, each at its place: the offset of its first byte; for one thread."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        """Open *path*; raise CorruptStateError when it is missing."""
        self._path, self._adapter = path, TypeAdapter(kind)
        with _present(path):
            self._file = path.open("rb")
        self._at = 0

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __iter__(self) -> Iterator[tuple[int, R]]:
        """Yield every Record with its place, also while others are read."""
        place = number = 0
        while line := self._line(place):
            number += 1
            yield place, self._record(line, number=number)
            place += len(line)

    def read(self, place: int) -> R:
        """Return the Record at *place*; raise CorruptStateError if none is there."""
        return self._record(self._line(place), place=place)

    def _line(self, place: int) -> bytes:
        if place != self._at:  # a seek throws away what was read ahead
            self._file.seek(place)
        line = self._file.readline()
        self._at = place + len(line)
        return line

    def _record(self, line: bytes, *, number: int = 0, place: int = 0) -> R:
        try:
            return self._adapter.validate_json(line)
        except ValidationError as error:
            where = f":{number}" if number else f" at byte {place}"
            message = f"{self._path}{where} is not what we wrote ({_first(error)}): redo its stage"
            raise CorruptStateError(message) from error


@contextmanager
def _present(path: Path) -> Generator[None]:
    try:
        yield
    except FileNotFoundError as error:
        message = f"{path} is missing: restore it from the snapshot, or redo its stage"
        raise CorruptStateError(message) from error


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"]) or "the document"
    return f"{place}: {problem['msg']}"
