"""Read the documented plain format: one JSON object per line, with the fields of a Problem."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.problem import Problem
from ct_retrain.suites.lines import JsonLine, read_objects, text_of, unfit

_PROBLEM = TypeAdapter(Problem)


def read(path: Path) -> Iterator[Problem | Rejected]:
    """Return a problem or a reason for every line of *path*."""
    for line in read_objects(path):
        yield line if isinstance(line, Rejected) else _problem(line)


def _problem(line: JsonLine) -> Problem | Rejected:
    found = text_of(line, "id", "spec", "top", "testbench", "golden", "category")
    if isinstance(found, Rejected):
        return found
    try:
        problem = _PROBLEM.validate_json(line.text)
    except ValidationError as error:
        return unfit(line.place, error)
    return problem.model_copy(update={"source": digest(line.text.strip())})
