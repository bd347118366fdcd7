"""What decides about an example of the night before: its facts are in memory, its texts in the file."""

import sys
from typing import NamedTuple

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
