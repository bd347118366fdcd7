"""Published figures, shown beside our own; they are comparable only with their rule, tool and n."""

from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field, ValidationError

from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Record, Rejected
from ct_retrain.suites.lines import read_objects, unfit

Percent = Annotated[float, Field(ge=0, le=100)]


class Published(Record):
    """One line of the file: a model's scores on a suite."""

    model: str
    suite: str
    """Suite, named as in our scorecards."""
    rule: str
    """Grading rule: `official`, or the harness that was used."""
    tool: str
    """Simulator and version."""
    n: Annotated[int, Field(ge=1)]
    """Answers per problem."""
    scores: dict[Annotated[str, Field(pattern=r"^pass@[1-9][0-9]*$")], Percent]
    """`pass@k` → per cent, as papers print it."""


class Figures(NamedTuple):
    """The figures of a file for one suite."""

    published: tuple[Published, ...]
    rejected: tuple[Rejected, ...]
    """Lines that are not such figures."""


def read_published(path: Path, suite: str) -> Figures:
    """Return the figures for *suite* in the JSONL file *path*; raise UsageError if there are none."""
    found: list[Published] = []
    rejected: list[Rejected] = []
    others: set[str] = set()
    try:
        lines = list(read_objects(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    for line in lines:
        if isinstance(line, Rejected):
            rejected.append(line)
            continue
        try:
            one = Published.model_validate_json(line.text)
        except ValidationError as error:
            rejected.append(unfit(line.place, error))
            continue
        found += [one] if one.suite == suite else []
        others.add(one.suite)
    if not found:
        why = f"it is about {', '.join(sorted(others))}" if others else "no line of it is a figure"
        raise UsageError(f"{path} has no figures for {suite}: {why}{_first(rejected)}")
    return Figures(tuple(found), tuple(rejected))


def _first(rejected: list[Rejected]) -> str:
    return f"; {rejected[0].subject}: {rejected[0].detail}" if rejected else ""
