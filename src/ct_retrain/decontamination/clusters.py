"""Group near-duplicates and limit how many of a group are taken; near-duplicates are not removed as equal.

MinHash over runs of canonical tokens estimates the Jaccard similarity. A group is a connected component of
pairs above the threshold, so two members of one group may be less similar than that.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

_PERMUTATIONS = 128


def sketch_of(shingles: frozenset[str]) -> bytes:
    """Return what `Clusters` needs of a design: a MinHash of its *shingles*, equal for equal ones."""
    from datasketch import LeanMinHash, MinHash

    made = MinHash(num_perm=_PERMUTATIONS, seed=1)
    made.update_batch([one.encode() for one in sorted(shingles)])
    lean = LeanMinHash(made)
    data = bytearray(lean.bytesize())
    lean.serialize(data)
    return bytes(data)


@lru_cache(maxsize=8)
def _bands(similarity: float) -> tuple[int, int]:
    """Return the number of bands and of rows of each that find pairs from *similarity* on; it takes an integration."""
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=similarity, num_perm=_PERMUTATIONS)
    return index.b, index.r


def _jaccard(one: bytes, other: bytes) -> float:
    from datasketch import LeanMinHash

    return float(LeanMinHash.deserialize(one).jaccard(LeanMinHash.deserialize(other)))


class Clusters:
    """Groups of designs, added one at a time; the groups do not depend on the order."""

    def __init__(self, similarity: float) -> None:
        """Designs are linked from Jaccard *similarity* on."""
        self._similarity = similarity
        self._index: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
        """Number and values of a band → designs that have it."""
        self._sketches: dict[int, bytes] = {}
        self._parent: dict[int, int] = {}
        self._first: dict[bytes, int] = {}

    @property
    def designs(self) -> int:
        """Number of designs added, equal ones included."""
        return len(self._parent)

    def add(self, key: int, sketched: bytes) -> None:
        """Add the design *key*, which was not added before; *sketched* is from `sketch_of`."""
        self._parent[key] = key
        twin = self._first.setdefault(sketched, key)
        if twin != key:
            self._parent[key] = self._root(twin)
            return
        near: set[int] = set()
        for band in self._bands_of(sketched):
            near.update(self._index[band])
            self._index[band].append(key)
        for other in near:
            if _jaccard(sketched, self._sketches[other]) >= self._similarity:
                self._parent[self._root(key)] = self._root(other)
        self._sketches[key] = sketched

    def groups(self) -> list[tuple[int, ...]]:
        """Return the keys in groups of two or more."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for key in self._parent:
            found[self._root(key)].append(key)
        return [tuple(members) for members in found.values() if len(members) > 1]

    def _bands_of(self, sketched: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the values of each band: LSH cuts the values of a MinHash, the last bytes of *sketched*, into them."""
        number, rows = _bands(self._similarity)
        wide = len(sketched) // _PERMUTATIONS
        at = len(sketched) - wide * _PERMUTATIONS
        for band in range(number):
            yield band, sketched[at : at + wide * rows]
            at += wide * rows

    def _root(self, key: int) -> int:
        while self._parent[key] != key:
            self._parent[key] = self._parent[self._parent[key]]
            key = self._parent[key]
        return key


def beyond(groups: list[tuple[int, ...]], cap: int, seed: int) -> frozenset[int]:
    """Return the members of every group in excess of *cap*, drawn by *seed*; none if *cap* is 0."""
    if not cap:
        return frozenset()
    chance = random.Random(seed)  # noqa: S311 - a reproducible choice, not a secret
    return frozenset(
        key for group in groups if len(group) > cap for key in chance.sample(group, len(group) - cap)
    )
