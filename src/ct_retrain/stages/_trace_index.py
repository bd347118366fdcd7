"""Tonight's traces by specification: where each lies in its file, in SQLite on disk.

Memory is SQLite's page cache, however many runs there are; a trace is read when it is asked for.
"""

import sqlite3
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self, TypeAlias

from ct_retrain import disk
from ct_retrain.core.records.dataset import Trace

Spec: TypeAlias = tuple[str, str]
"""A `spec_hash` and the digest of the words it stands for."""

_SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384; PRAGMA temp_store = FILE;
CREATE TABLE words(sha256 TEXT PRIMARY KEY, digest TEXT) WITHOUT ROWID;
CREATE TABLE trace(spec_hash TEXT, words TEXT, generated_at TEXT, run_id TEXT, line INTEGER, at INTEGER);
BEGIN
"""
# Of runs of the same time the one with the greater run id and line is newer.
_ORDER = """
BEGIN;
CREATE TABLE turn AS
  SELECT rowid AS trace, row_number() OVER newest - 1 AS turn FROM trace
  WINDOW newest AS (PARTITION BY spec_hash, words ORDER BY generated_at DESC, run_id DESC, line DESC, rowid);
CREATE TABLE spec AS SELECT spec_hash, words FROM trace JOIN turn ON turn.trace = trace.rowid
  WHERE turn = 0 ORDER BY run_id, line;
CREATE UNIQUE INDEX spec_name ON spec(spec_hash, words);
CREATE TABLE run(spec INTEGER, turn INTEGER, at INTEGER, PRIMARY KEY(spec, turn)) WITHOUT ROWID;
INSERT INTO run SELECT spec.rowid - 1, turn, at FROM trace JOIN turn ON turn.trace = trace.rowid
  JOIN spec ON spec.spec_hash = trace.spec_hash AND spec.words = trace.words;
CREATE INDEX trace_hash ON trace(spec_hash);
COMMIT
"""
_OF_HASH = (
    "SELECT at FROM trace WHERE spec_hash = ? ORDER BY generated_at DESC, run_id DESC, line DESC, rowid"
)


class TraceIndex:
    """The traces of one night, for one thread; specifications are numbered by the run and line of their newest."""

    def __init__(self, path: Path, words: Callable[[Trace], str]) -> None:
        """Read *path* once; *words* digests what a trace's specification says, and is asked once for each file."""
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self.traces = 0
        self._file = disk.RecordFile(path, Trace)
        for at, trace in self._file:
            facts = (
                trace.spec_hash,
                self._words(trace, words),
                trace.generated_at,
                trace.run_id,
                trace.line,
                at,
            )
            self._database.execute("INSERT INTO trace VALUES (?, ?, ?, ?, ?, ?)", facts)
            self.traces += 1
        self._database.executescript(_ORDER)

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file and of the index."""
        self._file.close()
        self._database.close()

    def runs(self) -> "array[int]":
        """How many traces each specification has."""
        rows = self._database.execute("SELECT count(*) FROM run GROUP BY spec ORDER BY spec")
        return array("L", (count for (count,) in rows))

    def trace(self, spec: int, turn: int) -> Trace:
        """The trace of *spec* that *turn* others are newer than."""
        found = self._database.execute("SELECT at FROM run WHERE spec = ? AND turn = ?", (spec, turn))
        return self._file.read(found.fetchone()[0])

    def answering(self, spec_hash: str) -> Iterator[Trace]:
        """Yield the traces with this hash, whatever words it stands for, newest first."""
        for (at,) in self._database.execute(_OF_HASH, (spec_hash,)).fetchall():
            yield self._file.read(at)

    def spec_hash(self, spec: int) -> str:
        """The hash of a specification."""
        row: tuple[str] = self._database.execute(
            "SELECT spec_hash FROM spec WHERE rowid = ?", (spec + 1,)
        ).fetchone()
        return row[0]

    def number(self, spec: Spec) -> int | None:
        """The number of *spec*; None if it has no trace tonight."""
        find = "SELECT rowid - 1 FROM spec WHERE spec_hash = ? AND words = ?"
        row: tuple[int] | None = self._database.execute(find, spec).fetchone()
        return row[0] if row else None

    def _words(self, trace: Trace, words: Callable[[Trace], str]) -> str:
        key = trace.spec.sha256
        row = self._database.execute("SELECT digest FROM words WHERE sha256 = ?", (key,)).fetchone()
        if row is None:
            row = (words(trace),)
            self._database.execute("INSERT INTO words VALUES (?, ?)", (key, *row))
        return str(row[0])
