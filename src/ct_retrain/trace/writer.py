"""Append one whole line per stage to `trace.jsonl`; a crash or a second writer cannot damage another line."""

import fcntl
import json
import math
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast

from ct_retrain.core.errors import ToolError
from ct_retrain.trace.format import TRACE_NAME


class Clock(Protocol):
    """Returns the time that a line is stamped with."""

    def __call__(self) -> datetime:
        """Return the current time, with time zone."""
        ...


def _now() -> datetime:
    return datetime.now(UTC)


class TraceWriter:
    """Writes the trace of one run; any number of writers, in any number of processes, may share the file.

    A line is on disk when `stage` returns. Write artefacts before the line that names them, because collect
    reads them as soon as it sees the line.

    >>> from pathlib import Path
    >>> from ct_retrain import TraceWriter
    >>> trace = TraceWriter(Path("data/runs/run_0042"), source="my pipeline")
    >>> trace.stage(
    ...     "Simulation", status="pass", spec_path="spec.txt", rtl_file="top.v", testbench_file="tb.v"
    ... )
    >>> trace.path.read_text().count('"stage": "Simulation"')
    1
    """

    def __init__(
        self, run_dir: Path, run_id: str | None = None, *, source: str = "pipeline", clock: Clock = _now
    ) -> None:
        """Trace the run in *run_dir*, which is created if missing and names the run unless *run_id* is given."""
        self.path = run_dir / TRACE_NAME
        self.run_id = run_id or run_dir.resolve().name
        self._source = source
        self._clock = clock

    def stage(self, stage: str, /, **payload: object) -> None:
        """Append the line of *stage*; paths, dates and other values that JSON lacks are written as text.

        Raise ToolError if the file cannot be written.
        """
        line = {
            "timestamp": self._clock().astimezone(UTC).isoformat(timespec="microseconds"),
            "run_id": self.run_id,
            "stage": stage,
            "payload": {"source": self._source, **payload},
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _append(self.path, _encoded(line))
        except OSError as error:
            message = f"cannot append to {self.path}: {error.strerror}; free space or fix permissions, then run again"
            raise ToolError(message) from error


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        # One O_APPEND write is atomic on a local file system; the lock covers short writes and network file systems.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        rest = b"\n" + line if _is_torn(descriptor) else line
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_torn(descriptor: int) -> bool:
    """Whether an earlier writer died in the middle of a line."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _encoded(line: Mapping[str, object]) -> bytes:
    try:
        text = json.dumps(line, allow_nan=False, default=_as_text)
    except ValueError:
        text = json.dumps(_finite(line), allow_nan=False, default=_as_text)
    return text.encode() + b"\n"


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _finite(value: object) -> object:
    """Return *value* with NaN and infinities as text, which JSON lacks."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _finite(one) for key, one in cast("Mapping[Any, object]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_finite(one) for one in cast("Sequence[object]", value)]
    return value
