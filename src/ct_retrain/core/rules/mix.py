"""How many training rows a night takes of each source: close to the wanted shares, as sources allow."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ct_retrain.core.configuration.settings import ShareSettings

T = TypeVar("T")

HARVESTED = ("delta", "repair")
"""Sources whose rows may be repeated, up to `max_upsample` times; others appear at most once."""


def row_counts(available: Mapping[str, int], shares: ShareSettings) -> dict[str, int]:
    """Return the number of rows to take of each source, given how many each has.

    The total is as large as gold allows without repeating a harvested row more than `max_upsample` times, and
    never so small that a harvested row is left out. Shares of absent sources go to the others.
    """
    wanted = {name: getattr(shares, name) for name in ("delta", "repair", "gold", "general")}
    present = {name: share for name, share in wanted.items() if share > 0 and available.get(name, 0) > 0}
    if "delta" not in present:
        return {}
    whole = sum(present.values())
    share = {name: value / whole for name, value in present.items()}
    least = available["delta"] / share["delta"]
    most = least * shares.max_upsample
    total = min(max(available["gold"] / share["gold"], least), most) if "gold" in share else most
    caps = {name: available[name] * (shares.max_upsample if name in HARVESTED else 1) for name in share}
    return {name: min(caps[name], max(1, round(share[name] * total))) for name in share}


def choose(
    rows: Sequence[T],
    count: int,
    seed: int,
    needed: Callable[[T], bool] | None = None,
    weight: Callable[[T], float] | None = None,
) -> list[T]:
    """Return *count* of *rows*, each equally often, give or take one; equal seeds give equal choices.

    Where not all rows can be taken once more, those in *needed* come first, and others are drawn by their *weight*.
    """
    if not rows:
        return []
    whole, rest = divmod(count, len(rows))
    generator = random.Random(seed)  # noqa: S311 - a reproducible choice, not a secret
    if needed is None and weight is None:
        return [*list(rows) * whole, *generator.sample(list(rows), rest)]
    shuffled = generator.sample(list(rows), len(rows))
    if weight is not None:
        # Efraimidis and Spirakis: the largest of u to the power of 1/w are a weighted sample without replacement.
        shuffled.sort(key=lambda row: generator.random() ** (1 / weight(row)), reverse=True)
    if needed is not None:
        shuffled.sort(key=lambda row: not needed(row))
    return [*list(rows) * whole, *shuffled[:rest]]
