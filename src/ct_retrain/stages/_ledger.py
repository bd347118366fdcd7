"""Records in SQLite how far each trace file has been read, from night to night.

`ledger.sqlite` is created with tonight's frontier in it: which trace files are read and up to where. Everything else
of a night is one transaction, committed when the night's files are on disk, so that after a crash only the frontier
remains. Memory is bounded by SQLite's page cache, whatever the number of runs.
"""

import json
import shutil
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.records.night import CollectFacts
from ct_retrain.stages._artefacts import FailedAttempt
from ct_retrain.stages._discovery import Walk
from ct_retrain.stages._run_reader import RunHarvest
from ct_retrain.stages._scan import PENDING, FoundTrace, Position, ScanJob

LEDGER = "ledger.sqlite"
_VERSION = 1
_PAGE = 256
_SCHEMA = """
CREATE TABLE file(run BLOB PRIMARY KEY, dev INTEGER, ino INTEGER, size INTEGER, mtime_ns INTEGER, at INTEGER,
                  lines INTEGER, anchor INTEGER, is_open INTEGER, state INTEGER, known BLOB, tried TEXT) WITHOUT ROWID;
CREATE TABLE frontier(run BLOB PRIMARY KEY, dev INTEGER, ino INTEGER, size INTEGER, mtime_ns INTEGER, reason TEXT,
                      detail TEXT) WITHOUT ROWID;
CREATE TABLE night(cutoff REAL, runs INTEGER, facts TEXT);
"""
# The device number is recorded but not compared, because it changes when a volume is remounted.
_FREEZE = """
INSERT INTO frontier SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS
  (SELECT 1 FROM file WHERE run = ?1 AND ino = ?3 AND size = ?4 AND mtime_ns = ?5 AND state <> ?8)
"""
_SEALED = "SELECT run FROM file WHERE state <> ? AND mtime_ns < ? ORDER BY run"
_TURNS = 100
"""Number of nights in which every sealed run is checked once."""
_DAY = 86_400
_JOBS = """
SELECT f.run, f.dev, f.ino, f.size, f.mtime_ns, f.reason, f.detail, p.ino, p.at, p.lines, p.anchor, p.is_open, p.state,
  p.known, p.tried
FROM frontier f LEFT JOIN file p ON p.run = f.run WHERE f.run > ? ORDER BY f.run LIMIT ?
"""


class LedgerStart(NamedTuple):
    """What was fixed when the night began."""

    cutoff: float
    """Seconds since 1970."""
    runs: int
    """Number of run directories seen."""


class Cutoff(NamedTuple):
    """Which runs tonight looks at."""

    at: float
    """Start of the night, in seconds since 1970."""
    seal_days: int = 0
    """Days without a write after which a run is sealed; 0 seals none."""

    def rests(self, run: bytes) -> bool:
        """Whether *run*, which is sealed, is checked on another night."""
        return zlib.crc32(run) % _TURNS != int(self.at // _DAY) % _TURNS


def freeze(path: Path, previous: Path | None, walk: Walk, cutoff: Cutoff) -> None:
    """Create a ledger at *path*, durably, that continues *previous* and contains tonight's frontier."""
    temporary = path.with_name(f".{path.name}.tmp")
    for leftover in path.parent.glob(f"{temporary.name}*"):
        leftover.unlink()
    if previous is not None:
        try:
            shutil.copyfile(previous, temporary)
        except FileNotFoundError as error:
            message = f"{previous} is missing: restore it, or start over without a previous night"
            raise CorruptStateError(message) from error
    with Ledger(temporary) as ledger:
        ledger.begin_night(walk, cutoff)
    temporary.replace(path)
    disk.sync_directory(path.parent)


class Ledger:
    """An open ledger; nothing is durable before `begin_night` or `finish`."""

    def __init__(self, path: Path) -> None:
        """Open the ledger at *path*; create an empty one if there is none."""
        self._path = path
        self._database = sqlite3.connect(path, isolation_level=None)

    def __enter__(self) -> Self:
        """Check that the file is a ledger of ours, and begin a transaction."""
        try:
            self._database.executescript(
                "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; BEGIN IMMEDIATE"
            )
            if self._database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                self._create()
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.OperationalError:
            self._database.close()
            raise
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise self._corrupt(str(error)) from error
        if version != _VERSION:
            self._database.close()
            raise self._corrupt(f"version {version}, not {_VERSION}")
        return self

    def __exit__(self, *_: object) -> None:
        """Roll back what was not committed."""
        self._database.close()

    def begin_night(self, walk: Walk, cutoff: Cutoff) -> None:
        """Store durably which of the files that *walk* sees are read tonight, and up to where."""
        self._database.execute("DELETE FROM frontier")
        self._database.execute("DELETE FROM night")
        seen = walk.sightings(self._sealed(cutoff) if cutoff.seal_days else ())
        self._database.executemany(_FREEZE, ((*one, PENDING) for one in seen))
        self._database.execute("INSERT INTO night VALUES (?, ?, NULL)", (cutoff.at, walk.runs))
        self._database.execute("COMMIT")

    def _sealed(self, cutoff: Cutoff) -> Iterator[bytes]:
        """Return the runs that are not looked at tonight, sorted."""
        before = int((cutoff.at - cutoff.seal_days * _DAY) * 1e9)
        rows = self._database.execute(_SEALED, (PENDING, before))
        return (run for (run,) in rows if cutoff.rests(run))

    def frozen(self) -> LedgerStart:
        """Return what was fixed when the night began."""
        return LedgerStart(*self._database.execute("SELECT cutoff, runs FROM night").fetchone())

    def facts(self) -> CollectFacts | None:
        """Return the night's results if it has already finished, else None."""
        text = self._database.execute("SELECT facts FROM night").fetchone()[0]
        return None if text is None else CollectFacts.model_validate_json(text)

    def jobs(self) -> Iterator[ScanJob]:
        """Yield tonight's jobs, ordered by run; results may be settled meanwhile."""
        last = b""
        while rows := self._database.execute(_JOBS, (last, _PAGE)).fetchall():
            yield from map(_job, rows)
            last = rows[-1][0]

    def settle(self, harvests: Sequence[RunHarvest]) -> None:
        """Record what *harvests* have read."""
        self._database.executemany(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_row(one, one.position) for one in harvests if one.position is not None),
        )

    def finish(self, facts: CollectFacts) -> None:
        """Commit the night durably, with its results."""
        self._database.execute("UPDATE night SET facts = ?", (facts.model_dump_json(),))
        self._database.execute("COMMIT")

    def _create(self) -> None:
        for statement in _SCHEMA.split(";"):
            self._database.execute(statement)
        self._database.execute(f"PRAGMA user_version = {_VERSION}")

    def _corrupt(self, why: str) -> CorruptStateError:
        return CorruptStateError(
            f"{self._path} is not our ledger ({why}): restore it, or delete its night and run again"
        )


def _row(one: RunHarvest, position: Position) -> tuple[object, ...]:
    tried = msgspec.json.encode(one.tried).decode() if one.tried else ""
    return (*one.sighting[:5], *position[1:], one.known, tried)


def _job(row: Sequence[Any]) -> ScanJob:
    sighting = FoundTrace(*row[:7])
    if row[7] is None:
        return ScanJob(sighting)
    tried = [FailedAttempt(*one) for one in json.loads(row[14])] if row[14] else []
    return ScanJob(sighting, Position(*row[7:13]), row[13], tried)
