"""Decode a trace's lines: each is a simulation, an entry of another stage, or a BadLine with its reason.

The fast path decodes a block of whole lines at once. Lines it cannot decode are read again one by one with
the standard json: `json.dumps` writes NaN and lone surrogates, which stricter parsers refuse, and one NaN in
a metric must not lose a good run.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, cast

import msgspec

from ct_retrain.trace.format import STAGES, word_of


class BadLine(NamedTuple):
    """A line that cannot be read."""

    number: int
    """Line of the trace, from 1."""
    reason: str
    """bad_utf8, malformed_json, not_an_object, too_deep, wrong_type or too_large."""
    detail: str


class Payload(msgspec.Struct, gc=False):
    """The keys of a Simulation payload that are read; `format.SimulationPayload` says what they mean."""

    status: str | bool | None = None
    spec_hash: str | None = None
    spec_path: str | None = None
    spec: str | None = None
    rtl_file: str | None = None
    rtl_files: list[str] | str | None = None
    testbench_file: str | None = None
    testbench_files: list[str] | str | None = None
    include_dirs: list[str] | str | None = None
    data_files: list[str] | str | None = None
    defines: dict[str, str | int | None] | list[str] | str | None = None
    simulation_compile_log: str | None = None
    simulation_log: str | None = None
    category: str | None = None
    generator: str | None = None
    source: str | None = None


class Simulation(NamedTuple):
    """A Simulation entry."""

    number: int
    """Line of the trace, from 1."""
    timestamp: object
    """The timestamp as written; see `in_utc`."""
    payload: Payload
    raw: bytes
    """The line, stripped."""


class UnknownStage(NamedTuple):
    """An entry of an unknown stage that names a design and a testbench, as a simulation does."""

    number: int
    """Line of the trace, from 1."""
    stage: str
    payload: Payload


class _Line(msgspec.Struct, gc=False):
    stage: object = None
    timestamp: object = None
    payload: msgspec.Raw = msgspec.Raw(b"null")


class _UnreadableError(ValueError):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


_LINE = msgspec.json.Decoder(_Line)
_PAYLOAD = msgspec.json.Decoder(Payload)
_STAGE = "Simulation"
_MARK = b'"testbench_file'
_TESTS = re.compile(r"sim|test|verif|bench|check|cocotb|regress")
_OTHER, _SIMULATION, _UNNAMED = 0, 1, 2
_MAKES = re.compile(r"gen|write|creat|plan")
_DETAIL = 160
_NAME = 80
"""Maximum characters of a stage's name."""


def simulations(block: bytes, before: int) -> Iterator[Simulation | UnknownStage | BadLine]:
    """Yield the entries and flaws of *block*, whole lines of a trace that follow line *before*, in order.

    An entry whose stage is not in `STAGES` is an UnknownStage if the stage sounds like a test, or has no name,
    and its payload names a testbench; other stages are ignored. A last line without line break counts as
    whole; see `is_whole`.
    """
    pieces = block.split(b"\n")
    if not pieces[-1]:
        pieces.pop()
    decoded = _decode_block(block, pieces)
    if decoded is None:
        yield from _one_by_one(pieces, before)
        return
    for index, line in enumerate(decoded):
        kind = _kind(line.stage[:_NAME]) if isinstance(line.stage, str) else _UNNAMED
        if kind and (entry := _entry(line, pieces[index], before + index + 1)):
            yield entry


def is_whole(tail: bytes) -> bool:
    """Whether *tail*, a last line without line break, is complete: no proper prefix of an object is an
    object.
    """
    try:
        _decode(tail)
    except _UnreadableError:
        return False
    return True


def in_utc(timestamp: object) -> str:
    """Return *timestamp* (ISO 8601 or seconds since 1970) in UTC with a fixed width; empty if it is neither."""
    moment = moment_of(timestamp)
    return "" if moment is None else moment.isoformat(timespec="microseconds")


def moment_of(timestamp: object) -> datetime | None:
    """Return *timestamp* (ISO 8601, in UTC if it names no zone, or seconds since 1970) in UTC; None if it is neither."""
    try:
        if isinstance(timestamp, str):
            moment = datetime.fromisoformat(timestamp)
        elif isinstance(timestamp, int | float):
            moment = datetime.fromtimestamp(timestamp, UTC)
        else:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _decode_block(block: bytes, pieces: list[bytes]) -> list[_Line] | None:
    """Decode one line for each of *pieces*; None if they do not match one to one.

    msgspec accepts two objects on a line, and one over two lines. Raw line breaks are illegal in strings, and
    between `}` and `{` there must be a comma, so if all line breaks are between these two, each of *pieces* is one object.
    """
    if not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError:
            return None
    try:
        decoded = _LINE.decode_lines(block)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if len(decoded) != len(pieces):
        return None
    breaks = block.count(b"}\n{") == len(pieces) - 1
    return decoded if breaks and pieces[0][:1] == b"{" and pieces[-1][-1:] == b"}" else None


def _one_by_one(pieces: list[bytes], before: int) -> Iterator[Simulation | UnknownStage | BadLine]:
    for number, piece in enumerate(pieces, before + 1):
        stripped = piece.strip()
        if not stripped:
            continue
        try:
            line = _decode(stripped)
        except _UnreadableError as problem:
            yield BadLine(number, problem.reason, str(problem)[:_DETAIL])
            continue
        if entry := _entry(line, stripped, number):
            yield entry


def _decode(line: bytes) -> _Line:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _UnreadableError("bad_utf8", f"{error.reason} at byte {error.start}") from error
    try:
        return _LINE.decode(line)
    except (msgspec.MsgspecError, RecursionError):
        return _second_opinion(text)


def _second_opinion(text: str) -> _Line:
    try:
        value: object = json.loads(text)
        payload = (
            json.dumps(cast("dict[str, object]", value).get("payload")) if isinstance(value, dict) else ""
        )
    except RecursionError as error:
        raise _UnreadableError("too_deep", "nested too deeply") from error
    except ValueError as error:
        raise _UnreadableError("malformed_json", str(error)) from error
    if not isinstance(value, dict):
        raise _UnreadableError("not_an_object", f"a {type(value).__name__}, not an object")
    entries = cast("dict[str, object]", value)
    return _Line(entries.get("stage"), entries.get("timestamp"), msgspec.Raw(payload.encode()))


@lru_cache(maxsize=256)
def _kind(stage: str) -> int:
    """Return how a line of *stage* is treated: as a simulation, as a lookalike, or not at all."""
    if stage == _STAGE:
        return _SIMULATION
    word = word_of(stage)
    if word in STAGES:
        return _SIMULATION
    return _UNNAMED if not word or (_TESTS.search(word) and not _MAKES.search(word)) else _OTHER


def _entry(line: _Line, raw: bytes, number: int) -> Simulation | UnknownStage | BadLine | None:
    """Return the entry in *line*, written as *raw*; None for a line that is ignored."""
    kind = _kind(line.stage[:_NAME]) if isinstance(line.stage, str) else _UNNAMED
    if kind == _SIMULATION:
        return _simulation(line, raw, number)
    if kind == _UNNAMED and _MARK in raw:
        with contextlib.suppress(msgspec.MsgspecError, RecursionError, ValueError):
            payload = _payload(bytes(line.payload))
            if (payload.rtl_file or payload.rtl_files) and (
                payload.testbench_file or payload.testbench_files
            ):
                return UnknownStage(number, line.stage if isinstance(line.stage, str) else "", payload)
    return None


def _simulation(line: _Line, raw: bytes, number: int) -> Simulation | BadLine:
    try:
        payload = _payload(bytes(line.payload))
    except msgspec.ValidationError as error:
        return BadLine(number, "wrong_type", f"payload: {error}"[:_DETAIL])
    return Simulation(number, line.timestamp, payload, raw.strip())


def _payload(raw: bytes) -> Payload:
    try:
        return _PAYLOAD.decode(raw)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Only a line that msgspec refuses and json reads (NaN, lone surrogates) gets here.
        return msgspec.convert(json.loads(raw), Payload)
