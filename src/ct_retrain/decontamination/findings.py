"""What a row's texts say beside the suites, found once and kept on disk by everything that it depends on.

A night compares every row that earlier nights did, so all but the new ones are known. The file may be deleted at any
time: what it does not hold, or holds damaged, is found again.
"""

import platform
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from pydantic import ConfigDict

from ct_retrain import disk
from ct_retrain.core.record import Record, Tool, digest
from ct_retrain.core.records.problem import Suite
from ct_retrain.decontamination.rules import RULES_VERSION, Match
from ct_retrain.decontamination.texts import Candidate
from ct_retrain.judge.simulators.cached import Cache
from ct_retrain.verilog.modules import Module

TextKind: TypeAlias = Literal["question", "rtl"]


class NearText(NamedTuple):
    """The problem whose question, or whose golden's text, is most like the row's."""

    kind: TextKind
    problem: int
    """Its number among the problems compared with, as below."""
    similarity: float


class SamePorts(NamedTuple):
    """A top module of the row's design, and a problem whose golden has its ports."""

    top: Module
    problem: int
    similarity: float
    """Similarity of the questions."""
    suspicion: float


class TextFindings(Record):
    """What the texts of one row say; without *match* only if they refuse it."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    match: Match | None = None
    """The problem that the row is; then nothing else is said."""
    near: tuple[NearText, ...] = ()
    pairs: tuple[SamePorts, ...] = ()
    """Whose behaviour is to be compared."""
    clocked: bool = False
    sketch: bytes = b""
    """The row's design for `Clusters`; empty without one."""


class KnownFindings:
    """Findings of one comparer; those in the cache are not found again."""

    def __init__(self, cache: Cache | None, suites: Sequence[Suite], similarity: float) -> None:
        """Keep in *cache*, if given, what is found beside *suites*, questions being alike from *similarity* on."""
        self._cache = cache
        self._beside = digest(reader(), str(similarity), *(f"{one.name} {one.digest}" for one in suites))

    def of(self, row: Candidate, find: Callable[[Candidate], TextFindings]) -> TextFindings:
        """Return what *find* would return for *row*."""
        if self._cache is None:
            return find(row)
        key = digest(self._beside, row.question, row.answer)
        known = self._cache.get(key, TextFindings)
        if known is None:
            known = find(row)
            self._cache.put(key, known)
        return known

    def close(self) -> None:
        """Close the file of the cache; the next row opens it again."""
        if self._cache is not None:
            self._cache.close()


@lru_cache(maxsize=1)
def reader() -> Tool:
    """Return what identifies the code that reads and compares texts: equal tools find the same."""
    package = Path(__file__).parents[1]
    sources = sorted(path for room in ROOMS for path in (package / room).rglob("*.py"))
    libraries = [f"{name} {version(name)}" for name in ("datasketch", "pyslang")]
    code = digest(*(disk.sha256_of(path) for path in sources), *libraries, platform.python_version())
    return Tool(name="reading of texts", version=RULES_VERSION, detail=code)


ROOMS = ("core/rules", "decontamination", "verilog")
"""Every part of the package that a finding depends on."""
