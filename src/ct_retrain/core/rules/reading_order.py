"""Which row of a mixture is read when: every row of a source as often as any other, every source all the time.

The whole order is known before the first step, so an interrupted training needs no sampler's state to go on with it.
"""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_WINDOW = 4
"""Batches among which rows are sorted by length."""


class Origin(NamedTuple):
    """Where a row comes from, and whether it is read once more than its neighbours."""

    source: str
    again: bool = False


def order(origins: Sequence[Origin], readings: Mapping[str, int], seed: int) -> list[int]:
    """Indices of the rows in the order of reading; *readings* says how many each source has.

    Rows of a source are shuffled anew for each pass over them, and sources are interleaved evenly, so that the
    shares hold in any part of the training.
    """
    draw = random.Random(seed)  # noqa: S311 - a reproducible order, not a secret
    placed: list[tuple[float, int]] = []
    for source in sorted(readings):
        indices = [index for index, origin in enumerate(origins) if origin.source == source]
        again = [index for index in indices if origins[index].again]
        sequence = _passes(indices, again, readings[source], draw)
        placed += [((place + draw.random()) / len(sequence), index) for place, index in enumerate(sequence)]
    return [index for _, index in sorted(placed)]


def batched(reading: Sequence[int], lengths: Sequence[int], batch: int, seed: int) -> list[int]:
    """*reading* with rows of like length in the same batch, which spares most of the padding and keeps batches mixed.

    Rows move by no more than a few batches.
    """
    draw = random.Random(seed)  # noqa: S311 - a reproducible order, not a secret
    result: list[int] = []
    for start in range(0, len(reading), batch * _WINDOW):
        window = sorted(reading[start : start + batch * _WINDOW], key=lambda index: lengths[index])
        batches = [window[first : first + batch] for first in range(0, len(window), batch)]
        last = batches.pop() if len(batches[-1]) < batch else []
        draw.shuffle(batches)
        result += [index for group in batches for index in group] + last
    return result


def _passes(indices: list[int], again: list[int], count: int, draw: random.Random) -> list[int]:
    """*count* of *indices*, pass after pass; those that come *again* are added to a pass of their own."""
    extra = draw.sample(again, min(len(again), count // 2))
    sequence: list[int] = []
    while len(sequence) < count - len(extra):
        sequence += draw.sample(indices, min(len(indices), count - len(extra) - len(sequence)))
    for index in extra:
        sequence.insert(draw.randrange(len(sequence) + 1), index)
    return sequence
