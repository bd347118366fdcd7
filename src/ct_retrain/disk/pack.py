"""Many small contents in one file, each once and found by its digest: a file for each costs more than all else.

`NAME.pack` holds the contents one after the other, `NAME.sqlite` where each of them lies. Both are made under
temporary names, and the latter gets its own last: where it is, the pack is whole. Memory is SQLite's page cache,
however many contents there are.
"""

import hashlib
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple, Self

from ct_retrain.core.errors import CorruptStateError
from ct_retrain.disk.files import replace_file
from ct_retrain.disk.names import temporary_name

_SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;
CREATE TABLE content(sha256 BLOB PRIMARY KEY, at INTEGER, size INTEGER) WITHOUT ROWID;
BEGIN
"""
_ADD = "INSERT OR IGNORE INTO content VALUES (?, ?, ?)"
_FIND = "SELECT at, size FROM content WHERE sha256 = ?"
_BUFFER = 1 << 20


class PackFiles(NamedTuple):
    """The two files of a pack."""

    contents: Path
    places: Path

    @classmethod
    def of(cls, directory: Path, name: str) -> Self:
        """Those of the pack *name* in *directory*."""
        return cls(directory / f"{name}.pack", directory / f"{name}.sqlite")


class PackWriter:
    """A pack being made; it is not there before `finish`, and nothing is added after."""

    def __init__(self, files: PackFiles) -> None:
        """Begin an empty pack in the place of *files*; what a crash left half-made goes."""
        self._files = files
        self._made = PackFiles(*map(temporary_name, files))
        for path in (files.places, files.contents, *self._made):
            path.unlink(missing_ok=True)
        self._contents = self._made.contents.open("wb", _BUFFER)
        self._places = sqlite3.connect(self._made.places, isolation_level=None)
        self._places.executescript(_SCHEMA)
        self.size = 0
        """Bytes of the contents so far."""

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the files."""
        self._contents.close()
        self._places.close()

    def add(self, data: bytes) -> str:
        """Keep *data* unless it is there; return its digest."""
        digest = hashlib.sha256(data)
        if self._places.execute(_ADD, (digest.digest(), self.size, len(data))).rowcount:
            self._contents.write(data)
            self.size += len(data)
        return digest.hexdigest()

    def finish(self) -> None:
        """Put the pack in its place, durably, whole."""
        self._places.execute("COMMIT")
        self.__exit__()
        replace_file(self._made.contents, self._files.contents)
        replace_file(self._made.places, self._files.places)


class Pack:
    """A pack that is there, for one thread."""

    def __init__(self, files: PackFiles) -> None:
        """Open *files*; raise CorruptStateError where one of them is missing."""
        self._files = files
        try:
            self._contents = os.open(files.contents, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise self._corrupt("is missing", files.contents) from error
        uri = f"{files.places.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            self._places = sqlite3.connect(uri, uri=True)
        except sqlite3.Error as error:
            os.close(self._contents)
            raise self._corrupt(f"cannot be read ({error})", files.places) from error

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the files."""
        os.close(self._contents)
        self._places.close()

    def read(self, sha256: str) -> bytes:
        """The content with this digest; raise FileNotFoundError where there is none, ValueError where it changed."""
        row = self._find(sha256)
        if row is None:
            message = f"{self._files.contents} holds no {sha256}"
            raise FileNotFoundError(message)
        data = os.pread(self._contents, row[1], row[0])
        if hashlib.sha256(data).hexdigest() != sha256:
            message = f"{self._files.contents} no longer holds the bytes of {sha256}"
            raise ValueError(message)
        return data

    def size_of(self, sha256: str) -> int | None:
        """Bytes of the content with this digest, without a look at it; None where there is none."""
        row = self._find(sha256)
        return row[1] if row else None

    def _find(self, sha256: str) -> tuple[int, int] | None:
        try:
            row: tuple[int, int] | None = self._places.execute(_FIND, (bytes.fromhex(sha256),)).fetchone()
        except sqlite3.DatabaseError as error:
            raise self._corrupt(f"cannot be read ({error})", self._files.places) from error
        return row

    @staticmethod
    def _corrupt(what: str, path: Path) -> CorruptStateError:
        return CorruptStateError(f"{path} {what}: restore it from the snapshot, or redo its stage")
