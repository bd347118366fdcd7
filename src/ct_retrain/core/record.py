"""The base of everything on disk: frozen, closed, strict Records, and the digest that names them."""

import hashlib
import json
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class Record(BaseModel):
    """A frozen value: unknown keys, missing keys and wrong types are errors, on disk as in memory."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        ser_json_inf_nan="strings",
        use_attribute_docstrings=True,
    )


def _relative(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        message = f"{path!r} is not a relative path inside its directory"
        raise ValueError(message)
    return path


Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
RelativePath = Annotated[str, AfterValidator(_relative)]


class FileRef(Record):
    """A file by what it holds: its path relative to the directory of the Record that names it."""

    path: RelativePath
    sha256: Sha256
    size: int
    """Bytes."""


class Tool(Record):
    """A program or library that took part, precisely enough that two equal Tools give equal answers."""

    name: str
    version: str
    detail: str = ""
    """Whatever else changes its answers: a build, a device, a model digest."""


class Rejected(Record):
    """Input that was looked at and refused: a value, counted and kept, never a lost file."""

    subject: str
    """What was refused: `runs/r7/trace.jsonl:12`, a spec hash, a problem id."""
    reason: str
    """One of a small set of words per stage, so that reasons can be counted."""
    detail: str = ""


def canonical_json(value: Record | dict[str, Any]) -> str:
    """*value* as JSON with sorted keys and no spaces: equal values, equal text."""
    data = value.model_dump(mode="json") if isinstance(value, Record) else value
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(*values: Record | dict[str, Any] | str) -> str:
    """Sha256 (64 hex digits) over *values* in order; the separator keeps ("ab","c") and ("a","bc") apart."""
    state = hashlib.sha256()
    for value in values:
        text = value if isinstance(value, str) else canonical_json(value)
        data = text.encode("utf-8", "surrogatepass")
        state.update(str(len(data)).encode() + b":" + data)
    return state.hexdigest()
