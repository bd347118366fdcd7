"""Read the documented plain format: one JSON object per line, with the fields of a Problem.

Without testbenches it is the layout `proof`: an answer must be proved equal to the golden.
"""

import json
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
        yield line if isinstance(line, Rejected) else _problem(line, "testbench", "golden")


def read_proofs(path: Path) -> Iterator[Problem | Rejected]:
    """Return a problem without a testbench, or a reason, for every line of *path*."""
    for line in read_objects(path):
        if isinstance(line, Rejected):
            yield line
        elif line.fields.get("testbench"):
            detail = "testbench: a proof judges this suite; leave it out, or name the suite plain:PATH"
            yield Rejected(subject=line.place, reason="bad_field", detail=detail)
        else:
            yield _problem(line._replace(fields={**line.fields, "testbench": ""}), "golden")


def _problem(line: JsonLine, *judged_by: str) -> Problem | Rejected:
    found = text_of(line, "id", "spec", "top", *judged_by, "category")
    if isinstance(found, Rejected):
        return found
    try:
        problem = _PROBLEM.validate_json(json.dumps(line.fields))
    except ValidationError as error:
        return unfit(line.place, error)
    return problem.model_copy(update={"source": digest(line.text.strip())})
