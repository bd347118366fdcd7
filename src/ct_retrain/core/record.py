"""The base class of everything on disk, frozen and strict, and the digest that names records."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class Record(BaseModel):
    """A frozen value; unknown keys, missing keys and wrong types are errors, on disk as in memory."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        ser_json_inf_nan="strings",
        use_attribute_docstrings=True,
    )


def _relative(path: str) -> str:
    parts = set(path.split("/")) - {"", "."}
    if path.startswith("/") or ".." in parts or not parts:
        message = f"{path!r} is not a relative path inside its directory"
        raise ValueError(message)
    return path


Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
RelativePath = Annotated[str, AfterValidator(_relative)]


class FileRef(Record):
    """A file and its digest; the path is relative to the directory of the Record that names it."""

    path: RelativePath
    sha256: Sha256
    size: int
    """Size in bytes."""


class Tool(Record):
    """A program or library with version and details; equal Tools give equal answers."""

    name: str
    version: str
    detail: str = ""
    """Anything else that changes its answers: a build, a device, a model digest."""


class Rejected(Record):
    """Refused input, as a value that is counted and kept, so that no file is lost silently."""

    subject: str
    """What was refused: `runs/r7/trace.jsonl:12`, a spec hash, a problem id."""
    reason: str
    """Reason: one of a small set of words for each stage, so that reasons can be counted."""
    detail: str = ""


class ReasonCount(Record):
    """How often something was refused for one reason, with the first case."""

    reason: str
    count: int
    example: str
    """The first that was refused."""
    detail: str
    """Detail of its refusal."""


def count_reasons(refused: Sequence[Rejected]) -> tuple[ReasonCount, ...]:
    """Count *refused* by reason, the most frequent first."""
    first = {one.reason: one for one in reversed(refused)}
    counts = Counter(one.reason for one in refused).most_common()
    return tuple(
        ReasonCount(reason=reason, count=count, example=first[reason].subject, detail=first[reason].detail)
        for reason, count in counts
    )


def canonical_json(value: Record | dict[str, Any]) -> str:
    """Return *value* as JSON with sorted keys and no spaces; equal values give equal text."""
    data = value.model_dump(mode="json") if isinstance(value, Record) else value
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(*values: Record | dict[str, Any] | str) -> str:
    """Return the sha256 (64 hex digits) of *values* in order; ("ab","c") and ("a","bc") differ."""
    state = hashlib.sha256()
    for value in values:
        text = value if isinstance(value, str) else canonical_json(value)
        data = text.encode("utf-8", "surrogatepass")
        state.update(str(len(data)).encode() + b":" + data)
    return state.hexdigest()


def drawn_seed(*parts: str) -> int:
    """Return a seed that depends on *parts* alone; it fits into 28 bits."""
    return int(digest(*parts)[:7], 16)
