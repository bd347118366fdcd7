"""Read a growing file in blocks of whole lines, in memory bounded by the longest allowed line."""

import os
from collections.abc import Iterator
from typing import NamedTuple

_CHUNK = 4 << 20


class Block(NamedTuple):
    """A part of the file."""

    data: bytes
    """Whole lines; empty for a line or a tail longer than allowed."""
    size: int
    """Size in the file, in bytes."""
    lines: int
    """Number of line breaks; 0 for the tail, which follows the last line break."""


def blocks(descriptor: int, start: int, end: int, longest: int) -> Iterator[Block]:
    """Yield everything between *start* and *end*; a line of more than *longest* bytes is a Block of its own."""
    carry = b""
    dropped = 0
    while start < end:
        chunk = os.pread(descriptor, min(_CHUNK, end - start), start)
        if not chunk:
            break
        start += len(chunk)
        data = carry + chunk
        cut = data.rfind(b"\n") + 1
        whole, carry = data[:cut], data[cut:]
        if dropped and cut:
            first = whole.index(b"\n") + 1
            yield Block(b"", dropped + first, 1)
            whole, dropped = whole[first:], 0
        if whole:
            yield from _bounded(whole, longest)
        if len(carry) > longest:
            dropped, carry = dropped + len(carry), b""
    if carry or dropped:
        yield Block(b"" if dropped else carry, dropped + len(carry), 0)


def _bounded(whole: bytes, longest: int) -> Iterator[Block]:
    """Split *whole* at lines that are too long, which are rare."""
    if len(whole) <= longest:
        yield Block(whole, len(whole), whole.count(b"\n"))
        return
    for line in _lines(whole):
        yield Block(line if len(line) <= longest + 1 else b"", len(line), 1)


def _lines(whole: bytes) -> Iterator[bytes]:
    """Split *whole* into lines at line feeds only; `splitlines` also splits at carriage returns."""
    start = 0
    while start < len(whole):
        end = whole.index(b"\n", start) + 1
        yield whole[start:end]
        start = end
