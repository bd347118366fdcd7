"""Reads what was appended to one trace file since it was last read; every line becomes an entry or a refusal.

What cannot be decided tonight (a line still being written, a file replaced after the cut-off) is left unread for the
next night.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.configuration.settings import CollectSettings
from ct_retrain.core.record import Rejected
from ct_retrain.stages._artefacts import FailedAttempt, as_bytes, encodable
from ct_retrain.trace import BadLine, Simulation, TraceFileRules, UnknownStage, simulations
from ct_retrain.trace.blocks import Block, blocks
from ct_retrain.trace.format import FAILED, PASSED, SILENT, TRACE_NAME, word_of
from ct_retrain.trace.lines import Payload, in_utc, is_whole
from ct_retrain.trace.run_files import file_refusal

DONE, PENDING, REFUSED = 0, 1, 2
"""States of a file's last line: read, still being written, refused because it will never be finished."""

_ANCHOR = 1024
"""Number of bytes before the offset that must be unchanged; otherwise the file was rewritten in place."""
_DIGEST = 12
_KNOWN = struct.Struct(f">{_DIGEST}sI")
_ATTEMPTS = 4
_ATTEMPT_LOG = 16 << 10
"""Maximum characters of an inline log that a failed attempt keeps."""


class FoundTrace(NamedTuple):
    """A trace file as it was at the cut-off."""

    run: bytes
    """Name of the run directory."""
    dev: int
    ino: int
    size: int
    mtime_ns: int
    reason: str = ""
    """Why the file may not be read; empty if it may."""
    detail: str = ""


class Position(NamedTuple):
    """How far a trace has been read."""

    ino: int
    offset: int = 0
    lines: int = 0
    """Number of line breaks before *offset*."""
    anchor: int = 0
    """Checksum of the bytes just before *offset*."""
    is_open: int = 0
    """1 if *offset* ends a line whose line break was still missing."""
    state: int = DONE


class ScanJob(NamedTuple):
    """A trace to read, and what earlier nights recorded about it."""

    sighting: FoundTrace
    position: Position | None = None
    known: bytes = b""
    """Digest and line of every entry read, see `_KNOWN`."""
    tried: Sequence[FailedAttempt] = ()


class ScanSite(NamedTuple):
    """Paths and limits of the scan; the paths contain no links."""

    workspace: Path
    runs: Path
    settings: CollectSettings
    cutoff: float
    """Seconds since 1970."""
    rules: TraceFileRules = TraceFileRules()
    """Which files outside their run directories traces may name."""

    @property
    def latest(self) -> str:
        """The cut-off in the format of trace times; no run can be later."""
        return in_utc(self.cutoff)


class PassedSimulation(NamedTuple):
    """A passing simulation, and the last failed attempts at the same spec before it."""

    entry: Simulation
    tried: Sequence[FailedAttempt]


class TraceScan:
    """Reads one trace: iterate over `passes` first, then the other attributes are complete."""

    def __init__(self, job: ScanJob, site: ScanSite) -> None:
        """Read *job* under the limits of *site*."""
        self.position: Position | None = None
        """How far the file has been read; None if it could not be read tonight."""
        self.rejected: list[tuple[int, Rejected]] = []
        """Refusals, each with the line it is about; 0 for the file."""
        self.lines = 0
        self.passing = 0
        """Number of new entries that look like passed simulations, whether they can be used or not."""
        self.run = encodable(os.fsdecode(job.sighting.run))
        self._sighting = job.sighting
        self._start = job.position or Position(job.sighting.ino)
        self._known: dict[bytes, int] = dict(_KNOWN.iter_unpack(job.known)) if job.known else {}
        self._entries: dict[bytes, int] = {}
        self._rewritten = False
        self._lookalikes: dict[str, list[int]] = {}
        self._tried: dict[str, list[FailedAttempt]] = {}
        for one in job.tried:
            self._tried.setdefault(one.spec, []).append(one)
        self._site = site

    @property
    def known(self) -> bytes:
        """Digest and line of every entry read, tonight or before."""
        return b"".join(_KNOWN.pack(*one) for one in (self._known | self._entries).items())

    @property
    def tried(self) -> list[FailedAttempt]:
        """Failed attempts that no pass has followed yet."""
        return [one for tried in self._tried.values() for one in tried]

    def passes(self) -> Iterator[PassedSimulation]:
        """Yield the passing simulations in order."""
        if self._sighting.reason:
            self.refuse(0, self._sighting.reason, self._sighting.detail)
            self.position = None if self._sighting.reason == "unreadable" else Position(self._sighting.ino)
            return
        descriptor = self._open()
        if descriptor is None:
            return
        try:
            self._begin(descriptor)
            yield from self._read(descriptor)
            self._note_lookalikes()
        finally:
            os.close(descriptor)

    def refuse(self, number: int, reason: str, detail: str) -> None:
        """Record a refusal of line *number* (0: the file)."""
        place = f":{number}" if number else ""
        subject = f"runs/{self.run}/{TRACE_NAME}{place}"
        self.rejected.append((number, Rejected(subject=subject, reason=reason, detail=encodable(detail))))

    def _open(self) -> int | None:
        path = b"/".join((os.fsencode(self._site.runs), self._sighting.run, TRACE_NAME.encode()))
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            found = file_refusal(error, TRACE_NAME)
            reason = "vanished" if found.reason == "artefact_missing" else found.reason
            self.refuse(0, reason, "it was there at the cut-off" if reason == "vanished" else found.detail)
            return None
        facts = os.fstat(descriptor)
        if facts.st_ino == self._sighting.ino and facts.st_size >= self._sighting.size:
            return descriptor
        os.close(descriptor)
        self.refuse(0, "replaced", "another file since the cut-off; the next night reads it")
        return None

    def _begin(self, descriptor: int) -> None:
        """Start from the beginning if the file is not the one that was read before."""
        start = self._start
        if not start.offset:
            self._start = start._replace(ino=self._sighting.ino)
            return
        if self._sighting.size < start.offset:
            why = f"{self._sighting.size} bytes, {start.offset} were read before"
        elif self._sighting.ino != start.ino:
            why = "another file of the same name"
        elif _anchor(descriptor, start.offset) != start.anchor:
            why = "other bytes where it was read before"
        else:
            return
        self.refuse(0, "rewritten", f"{why}; read again from its start")
        self._rewritten = True
        self._tried = {}
        self._start = Position(self._sighting.ino)

    def _read(self, descriptor: int) -> Iterator[PassedSimulation]:
        offset, lines, is_open = self._start.offset, self._start.lines, self._start.is_open
        state = DONE
        last = b""
        for block in blocks(descriptor, offset, self._sighting.size, self._site.settings.max_line_bytes):
            if not block.lines:
                state = self._tail_state(block, lines, is_open)
                if state != DONE or not block.data.strip():
                    break
            yield from self._take_block(block, lines, is_open)
            offset += block.size
            lines += block.lines
            is_open = 0 if block.lines else 1
            last = block.data
        self.lines = lines + is_open - self._start.lines - self._start.is_open
        # Most files fit in one block read from the start, so their end need not be read again.
        anchor = zlib.crc32(last[-_ANCHOR:]) if len(last) == offset else _anchor(descriptor, offset)
        self.position = Position(self._sighting.ino, offset, lines, anchor, is_open, state)

    def _tail_state(self, tail: Block, lines: int, is_open: int) -> int:
        """Decide on a last line without line break: read it (DONE), wait for it (PENDING), or refuse it (REFUSED)."""
        whole = tail.data and not is_open and is_whole(tail.data)
        if whole or (tail.data and not tail.data.strip()):
            return DONE
        age = self._site.cutoff - self._sighting.mtime_ns / 1e9
        if age <= self._site.settings.stale_seconds:
            return PENDING
        if not self._is_refused(lines + 1):
            self.refuse(
                lines + 1, "half_written", f"{tail.size} bytes without an end, untouched for {age:.0f} s"
            )
        return REFUSED

    def _is_refused(self, number: int) -> bool:
        """Whether an earlier night has already refused this line."""
        return self._start.state == REFUSED and number == self._start.lines + 1

    def _take_block(self, block: Block, lines: int, is_open: int) -> Iterator[PassedSimulation]:
        if not block.data:
            limit = self._site.settings.max_line_bytes
            self.refuse(lines + 1, "too_large", f"{block.size} bytes, limit {limit}")
            return
        data = block.data
        if is_open:
            rest, _, data = data.partition(b"\n")
            lines += 1
            if rest.strip():
                self.refuse(lines, "malformed_json", "more text after a whole object")
        for found in simulations(data, lines) if data else ():
            if isinstance(found, BadLine):
                if not self._is_refused(found.number):
                    self.refuse(found.number, found.reason, found.detail)
            elif isinstance(found, UnknownStage):
                if word_of(found.payload.status) in PASSED:
                    self._lookalikes.setdefault(found.stage, []).append(found.number)
            else:
                yield from self._take(found)

    def _take(self, entry: Simulation) -> Iterator[PassedSimulation]:
        status = entry.payload.status
        word = word_of(status)
        if status is None:
            self.refuse(entry.number, "wrong_type", "payload: a Simulation without a status")
        elif word in PASSED:
            tried = self._tried.pop(_spec_key(entry.payload), [])
            if self._is_new(entry):
                self.passing += 1
                yield PassedSimulation(entry, tried)
        elif word in FAILED:
            if self._is_new(entry):
                self._remember(entry)
        elif word not in SILENT and self._is_new(entry):
            self.passing += 1
            detail = f"status {str(status)[:80]!r} is no known word for a pass or a fail: write pass or fail"
            self.refuse(entry.number, "other_status", detail)

    def _note_lookalikes(self) -> None:
        """Report other stages that look like simulations, one line each, in a run without any simulation."""
        if self._entries or self._known:
            return
        for stage, numbers in self._lookalikes.items():
            self.passing += len(numbers)
            detail = f"{len(numbers)} passed under stage {stage[:80]!r}: only Simulation is harvested, call it that"
            self.refuse(numbers[0], "other_stage", detail)

    def _is_new(self, entry: Simulation) -> bool:
        """Whether the entry is new in this run; a repeat counts as a fault only if the file was not rewritten."""
        digest = blake2b(entry.raw, digest_size=_DIGEST).digest()
        first = self._entries.get(digest)
        if first is None and digest in self._known:
            if self._rewritten:
                return word_of(entry.payload.status) not in PASSED
            first = self._known[digest]
        if first is not None:
            self.refuse(entry.number, "duplicate", f"the same entry as line {first}")
            return False
        self._entries[digest] = entry.number
        return True

    def _remember(self, entry: Simulation) -> None:
        tried = FailedAttempt.of(entry.number, _spec_key(entry.payload), entry.payload, _ATTEMPT_LOG)
        if tried is None:
            return
        self._tried[tried.spec] = [*self._tried.get(tried.spec, ()), tried][-_ATTEMPTS:]


def _spec_key(payload: Payload) -> str:
    """Return a key that all attempts at the same spec in one run share."""
    if payload.spec_hash:
        return encodable(payload.spec_hash)
    return blake2b(as_bytes(payload.spec_path or payload.spec or ""), digest_size=16).hexdigest()


def _anchor(descriptor: int, offset: int) -> int:
    size = min(_ANCHOR, offset)
    return zlib.crc32(os.pread(descriptor, size, offset - size))
