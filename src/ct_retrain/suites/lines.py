"""Turn lines of text into Problems, one JSON object per line, with a reason for each other line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from ct_retrain.core.record import Rejected
from ct_retrain.core.records.problem import Problem


class JsonLine(NamedTuple):
    """An object and its place."""

    place: str
    text: str
    fields: dict[str, Any]


def read_objects(path: Path) -> Iterator[JsonLine | Rejected]:
    """Yield every non-blank line of *path*, in order."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if raw.strip():
                yield _line(f"{path.name}:{number}", raw)


def _line(place: str, raw: bytes) -> JsonLine | Rejected:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return Rejected(subject=place, reason="not_text", detail=f"byte {error.start + 1} is not UTF-8")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Rejected(subject=place, reason="not_json", detail=str(error)[:200])
    if not isinstance(value, dict):
        return Rejected(subject=place, reason="not_json", detail="not an object")
    return JsonLine(place, text, value)


def text_of(line: JsonLine, *names: str) -> dict[str, str] | Rejected:
    """Return the fields *names* of *line*, all of them non-empty text."""
    for name in names:
        value = line.fields.get(name)
        if not isinstance(value, str) or not value.strip():
            what = "is missing" if name not in line.fields else "is no text" if value else "is empty"
            reason = "missing_golden" if name in _GOLDENS else "bad_field"
            return Rejected(subject=line.place, reason=reason, detail=f"{name} {what}")
    return {name: line.fields[name] for name in names}


_GOLDENS = frozenset({"golden", "canonical_solution"})


def problem_of(place: str, **fields: Any) -> Problem | Rejected:
    """Return the Problem with *fields*; *place* says where they are."""
    try:
        return Problem.model_validate(fields)
    except ValidationError as error:
        return unfit(place, error)


def unfit(place: str, error: ValidationError) -> Rejected:
    """Return the first error."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return Rejected(subject=place, reason="bad_field", detail=f"{field}: {first['msg']}")
