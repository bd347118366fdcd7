"""A cache of verdicts, by a digest of everything that can change them, so that a cached verdict equals a new one.

One SQLite file, which many processes may use at once, with one connection per process, shared by its threads. When the
file grows too large, the older half is deleted. An unreadable file is set aside, and a new one begun.
"""

import contextlib
import sqlite3
import threading
import time
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Record, Tool, digest
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.fanout import Converted, Pending, Submitting, ahead_of, width_of


class Use(NamedTuple):
    """Number of answers that came from the cache, and that did not."""

    known: int
    simulated: int


R = TypeVar("R", bound=Record)

_BROKEN = (sqlite3.DatabaseError, OSError, ValueError)
"""What a damaged file may raise; ValueError where the damage is in the words of SQLite's own error."""


class Cache:
    """Answers on disk; the file may be shared by processes, and a Cache by threads."""

    def __init__(self, path: Path, megabytes: int) -> None:
        """Open or create the file at *path*; raise ToolError if neither works."""
        self._path, self._most = path, megabytes << 20
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        self._written = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection()
            self._shrink()
        except _BROKEN:
            self._begin_again()

    def get(self, key: str, kind: type[R]) -> R | None:
        """Return the answer of this *kind* under *key*; None if there is none, or not the one that was put."""
        try:
            with self._lock:
                row = self._connection().execute(_FIND, (key,)).fetchone()
            text = None if row is None else _unsealed(key, row[0])
            return None if text is None else kind.model_validate_json(text)
        except _BROKEN:
            return None

    def put(self, key: str, answer: Record) -> None:
        """Store *answer*; if the disk is full or busy, or the file was removed, it is not stored, which costs only time."""
        row = (key, _sealed(key, answer.model_dump_json()), time.time())
        with self._lock, contextlib.suppress(*_BROKEN):
            self._connection().execute("insert or replace into verdicts values (?, ?, ?)", row)
            self._written += 1
            if self._written % 256 == 0:
                self._shrink()

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _connection(self) -> sqlite3.Connection:
        """Return the connection, opened at the first call; the caller holds the lock."""
        if self._opened is not None:
            return self._opened
        made = sqlite3.connect(self._path, timeout=20, isolation_level=None, check_same_thread=False)
        made.execute("pragma journal_mode = wal")
        made.execute("pragma synchronous = normal")
        made.execute(
            "create table if not exists verdicts (key text primary key, verdict text, made real) without rowid"
        )
        self._opened = made
        return made

    def _begin_again(self) -> None:
        with contextlib.suppress(OSError):
            self._path.replace(self._path.with_name(f"{self._path.name}.unreadable"))
        try:
            self._connection()
        except _BROKEN as error:
            raise ToolError(
                f"cannot keep answers in {self._path}: {error}; free space or fix permissions, then run again"
            ) from error

    def _shrink(self) -> None:
        """Delete the older half if the file is too large; skip it while another process writes, which does it itself."""
        if self._path.stat().st_size <= self._most:
            return
        connection = self._connection()
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("delete from verdicts where made < (select avg(made) from verdicts)")
            connection.execute("vacuum")


_FIND = "select verdict from verdicts where key = ?"


def _sealed(key: str, text: str) -> str:
    """Return *text* behind a digest of itself and its key: a bit that the disk turns must not make a pass."""
    return f"{digest(key, text)} {text}"


def _unsealed(key: str, stored: object) -> str | None:
    """Return the text that `_sealed` was given; None if it is damaged, or was stored before there were seals."""
    text = stored.partition(" ")[2] if isinstance(stored, str) else ""
    return text if stored == _sealed(key, text) else None


class CachedSimulator:
    """A Simulator that asks another one only for verdicts that are not cached."""

    def __init__(self, simulator: Simulator, cache: Cache) -> None:
        """Cache the verdicts of *simulator*, whose tool must name everything that can change them."""
        self._simulator, self._cache = simulator, cache
        self.tool = simulator.tool
        self.width = width_of(simulator)
        self._lock = threading.Lock()
        self._known = self._asked = 0

    @property
    def use(self) -> Use:
        """Number of cached and new verdicts since this object was made."""
        return Use(self._known, self._asked - self._known)

    def check(self, design: Design) -> Verdict:
        """Return the cached verdict on *design*, or a new one."""
        name = key(design, self.tool)
        return self._found(name) or self._keep(name, self._simulator.check(design))

    @property
    def ahead(self) -> int:
        """Number of designs in flight that keep the simulator busy now."""
        return ahead_of(self._simulator)

    def submit(self, design: Design, pool: Executor) -> Pending[Verdict]:
        """Begin to judge *design*, in a thread of *pool* unless the simulator needs none."""
        if not isinstance(self._simulator, Submitting):
            return pool.submit(self.check, design)
        name = key(design, self.tool)
        if (verdict := self._found(name)) is None:
            return Converted(self._simulator.submit(design, pool), partial(self._keep, name))
        known: Future[Verdict] = Future()
        known.set_result(verdict)
        return known

    def _found(self, name: str) -> Verdict | None:
        verdict = self._cache.get(name, Verdict)
        with self._lock:
            self._asked += 1
            self._known += verdict is not None
        return verdict

    def _keep(self, name: str, verdict: Verdict) -> Verdict:
        self._cache.put(name, verdict)
        return verdict


def key(design: Design, tool: Tool) -> str:
    """Return a digest of everything that can change the verdict on *design*."""
    return digest(design, tool)
