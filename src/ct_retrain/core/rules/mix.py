"""How many training rows a night takes of each source: close to the wanted shares, as sources allow."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from operator import itemgetter
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
    first = shuffled(rows, seed, weight) if rest else []
    if needed is not None:
        first.sort(key=lambda row: not needed(row))
    return [*list(rows) * whole, *first[:rest]]


def shuffled(rows: Sequence[T], seed: int, weight: Callable[[T], float] | None = None) -> list[T]:
    """Return *rows* in an order that looks random and depends only on *seed* and the content of each row.

    A row that comes or goes leaves the order of the others unchanged, so consecutive mixtures share most of their
    bytes off-site. With *weight*, a positive number per row, the first rows are a sample without replacement in
    which heavier rows are likelier (Efraimidis and Spirakis: order by u to the power of 1/weight, u uniform); weights
    that are all equal change nothing.
    """
    seen: Counter[str] = Counter()
    ranked: list[tuple[float, T]] = []
    for row in rows:
        text = repr(row)
        drawn = _uniform(f"{seed} {seen[text]} {text}")
        ranked.append((1 - (1 - drawn) ** (1 / weight(row)) if weight else drawn, row))
        seen[text] += 1
    return [row for _, row in sorted(ranked, key=itemgetter(0))]


def _uniform(text: str) -> float:
    """Return a number of [0, 1) that *text* decides."""
    drawn = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(drawn, "big") / 2**64
