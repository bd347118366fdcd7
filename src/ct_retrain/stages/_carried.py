"""The dataset of the night before: read example by example, with only what decides about each in memory."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import TypeAdapter

from ct_retrain import disk
from ct_retrain.core.record import digest
from ct_retrain.core.records.dataset import Example
from ct_retrain.stages._trace_index import Spec


def spec_of(example: Example) -> Spec:
    """The specification that *example* answers."""
    return example.metadata.spec_hash, digest(example.instruction)


class ExampleFacts(NamedTuple):
    """What decides whether an example stays, without its texts."""

    place: int
    """Where it lies in the dataset of the night before; below 0, the complement of its number among tonight's."""
    spec: Spec
    canonical: str
    category: str
    attempts: int
    checks: int
    generated_at: str
    run_id: str
    night: str

    @property
    def identity(self) -> tuple[str, str]:
        """What names it: the hash of its specification and its design."""
        return self.spec[0], self.canonical


def facts_of(example: Example, place: int) -> ExampleFacts:
    """What decides about *example*, which lies at *place*."""
    known = example.metadata
    return ExampleFacts(
        place,
        spec_of(example),
        known.canonical,
        sys.intern(known.category),
        known.attempts,
        known.checks,
        known.generated_at,
        known.run_id,
        sys.intern(known.night),
    )


class CarriedExamples:
    """The examples of one file, or none; for one thread."""

    def __init__(self, path: Path | None) -> None:
        """Open *path*, if there was a night before."""
        self._path = path
        self._file = path.open("rb") if path and path.is_file() else None
        self._adapter = TypeAdapter(Example)

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def __iter__(self) -> Iterator[tuple[int, Example]]:
        """Yield every example with its place; raise CorruptStateError where the file is missing or torn."""
        place = 0
        for example, size in disk.read_sized_lines(self._path, Example) if self._path else ():
            yield place, example
            place += size

    def read(self, place: int) -> Example:
        """The example at *place*; raise LookupError where there is no file."""
        if self._file is None:
            raise LookupError(place)
        self._file.seek(place)
        return self._adapter.validate_json(self._file.readline())
