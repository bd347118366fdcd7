"""Edits of a text at places that a parser named."""

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """A replacement of the bytes from one offset up to another."""

    start: int
    end: int
    text: str


def insertion(at: int, text: str) -> Edit:
    """Return an edit that inserts *text* at a byte offset."""
    return Edit(at, at, text)


def edited(data: bytes, edits: Iterable[Edit]) -> str:
    """Apply *edits*, which do not overlap, to *data*; edits at one place are applied in the order given."""
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        pieces += [data[at : edit.start], edit.text.encode()]
        at = edit.end
    return b"".join([*pieces, data[at:]]).decode("utf-8", "replace")
