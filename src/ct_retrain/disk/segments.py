"""A file cut where its content says, so that what it has in common with its next version is the same segments.

A JSONL file is cut after lines that a checksum picks, one segment being about 16 KiB whatever the lines' lengths: a
line that comes, goes or changes concerns its own segment alone. Any other file is cut into blocks of that size.
"""

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

USUAL = 16 << 10
"""Bytes of a segment."""
_MOST = 16 * USUAL


class Chunk(NamedTuple):
    """A segment: where it begins, its bytes, their digest."""

    at: int
    size: int
    sha256: str


def cuts(path: Path, size: int) -> Iterator[Chunk]:
    """Yield the segments of the first *size* bytes of *path*, in order and without a gap."""
    at = 0
    for data in _lines(path, size) if path.suffix == ".jsonl" else _blocks(path, size):
        yield Chunk(at, len(data), hashlib.sha256(data).hexdigest())
        at += len(data)


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    left = size
    with path.open("rb") as file:
        while left and (data := file.read(min(USUAL, left))):
            left -= len(data)
            yield data


def _lines(path: Path, size: int) -> Iterator[bytes]:
    left, taken, length = size, list[bytes](), 0
    with path.open("rb") as file:
        while left and (line := file.readline(min(_MOST, left))):
            left -= len(line)
            taken.append(line)
            length += len(line)
            # Likelier for a long line, so that a segment's size does not depend on how long lines are.
            if length >= _MOST or zlib.crc32(line) * USUAL < len(line) << 32:
                yield b"".join(taken)
                taken, length = [], 0
    if taken:
        yield b"".join(taken)
