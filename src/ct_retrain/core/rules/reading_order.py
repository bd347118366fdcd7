"""The order in which a training reads its rows: those of a source equally often, and all sources interleaved.

The whole order is known before the first step, so an interrupted training resumes without a saved sampler
state.
"""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_WINDOW = 4
"""Number of batches within which rows are sorted by length."""


class Origin(NamedTuple):
    """The source of a row, and whether it is read once more than the others."""

    source: str
    again: bool = False


def order(origins: Sequence[Origin], readings: Mapping[str, int], seed: int) -> list[int]:
    """Return the row indices in reading order; *readings* is the number of readings of each source.

    Rows of a source are shuffled anew for each pass, and sources are interleaved evenly, so that the shares
    hold in any part of the training.
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
    """Return *reading* with rows of similar length in one batch, which saves most of the padding.

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
    """Return *count* of *indices*, pass after pass; those in *again* get an additional pass."""
    extra = draw.sample(again, min(len(again), count // 2))
    sequence: list[int] = []
    while len(sequence) < count - len(extra):
        sequence += draw.sample(indices, min(len(indices), count - len(extra) - len(sequence)))
    for index in extra:
        sequence.insert(draw.randrange(len(sequence) + 1), index)
    return sequence
