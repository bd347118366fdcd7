"""Turn a specification, given as text or JSON, into the question for a model.

A JSON object with more than a description becomes one text: the description first, then every other field.
Equal objects give equal text, whatever the order of their keys.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import cast

READING = "2"
"""Version of these rules; part of a dataset's key, so increase it when they change."""

_KEYS = ("description", "spec", "prompt", "instruction")
"""Keys that hold the description in a JSON specification; the first non-empty one is used."""

_FIRST = (
    "title",
    "name",
    "module",
    "module_name",
    "top",
    "top_module",
    "header",
    "module_header",
    "interface",
    "parameters",
    "ports",
    "inputs",
    "outputs",
)
"""Fields that come first, in this order; others follow by name."""

BOOKKEEPING = frozenset(
    {
        "id", "uid", "uuid", "guid", "run_id", "spec_id", "task_id", "job_id", "request_id", "session_id",
        "trace_id", "user_id", "spec_hash", "hash", "sha1", "sha256", "md5", "digest", "checksum",
        "timestamp", "created", "created_at", "updated", "updated_at", "modified", "modified_at",
        "generated_at", "path", "file", "filename", "spec_path", "spec_file", "output_dir", "run_dir", "work_dir",
    }
)  # fmt: skip
"""Top-level fields that describe the record rather than the design; the question leaves them out."""

_DEEPEST = 12
"""Levels of nesting that are written as lines; deeper values stay JSON."""


def instruction_of(text: str) -> str:
    """Return the question in *text*, stripped of surrounding space and of a byte order mark.

    - Text that is no JSON object is its own question, and so is a JSON object without a description.
    - An object with a description (`description`, `spec`, `prompt` or `instruction`, also one object deeper)
      becomes the description followed by its other fields, one per line. Fields that are empty, repeat the
      description, or are `BOOKKEEPING` are left out.
    - An object with only a description gives exactly the description.
    """
    stripped = text.strip().removeprefix("\ufeff").strip()
    if not stripped.startswith("{"):
        return stripped
    try:
        found: object = json.loads(stripped)
        question = _question(cast("dict[str, object]", found)) if isinstance(found, dict) else ""
    except (ValueError, RecursionError):
        return stripped
    # JSON may contain lone surrogates, which no UTF-8 file can hold.
    return question.encode("utf-8", "backslashreplace").decode() or stripped


def spec_hash_of(text: str) -> str:
    """Return the sha256 of the question in *text*, the name of a specification without `spec_hash`."""
    return hashlib.sha256(instruction_of(text).encode("utf-8", "backslashreplace")).hexdigest()


def _question(entries: dict[str, object]) -> str:
    """Return the description in *entries* followed by its other fields; empty if there is no description."""
    words = _words(entries, 0)
    fields = {name: value for name, value in entries.items() if name.lower() not in BOOKKEEPING}
    lines = list(_lines(_without(fields, words, 0), 0)) if words else []
    return "\n".join([words, "", *lines]) if lines else words


def _words(value: object, depth: int) -> str:
    """Return the description in *value*, which may be one object deeper (`{"spec": {"description": …}}`)."""
    if isinstance(value, str):
        return value.strip()
    if not isinstance(value, dict) or depth > 1:
        return ""
    entries = cast("dict[str, object]", value)
    return next(filter(None, (_words(entries.get(key), depth + 1) for key in _KEYS)), "")


def _without(entries: Mapping[str, object], words: str, depth: int) -> dict[str, object]:
    """Return *entries* without empty fields and without what the description *words* already says."""
    kept: dict[str, object] = {}
    for name, value in entries.items():
        if isinstance(value, dict) and name in _KEYS and depth == 0:
            value = _without(cast("dict[str, object]", value), words, 1)  # noqa: PLW2901
        elif name in _KEYS and isinstance(value, str) and value.strip() == words:
            continue
        if value is not None and value not in ("", [], {}):
            kept[name] = value
    return kept


def _lines(entries: Mapping[str, object], depth: int) -> Iterator[str]:
    for name in sorted(entries, key=_place):
        yield from _field(f"{name}:", entries[name], depth)


def _place(name: str) -> tuple[int, str]:
    return (_FIRST.index(name.lower()) if name.lower() in _FIRST else len(_FIRST), name)


def _field(label: str, value: object, depth: int) -> Iterator[str]:
    """Return *label* and *value* on one line if short enough, else on indented lines below."""
    indent = "  " * depth
    short = _short(value)
    if short is not None or depth >= _DEEPEST:
        yield f"{indent}{label} {_scalar(value) if short is None else short}".rstrip()
    elif isinstance(value, dict):
        yield indent + label
        yield from _lines(cast("dict[str, object]", value), depth + 1)
    elif isinstance(value, list):
        yield indent + label
        for item in cast("list[object]", value):
            yield from _item(item, depth + 1)
    else:
        yield indent + label
        yield from (f"{indent}  {line}".rstrip() for line in str(value).strip("\n").splitlines())


def _item(item: object, depth: int) -> Iterator[str]:
    """Return an item of a list; an object of plain values is one line (`- name: clk, width: 1`)."""
    entries = _entries(item)
    plain = {name: _short(entries[name]) for name in sorted(entries, key=_place)}
    if plain and not any(one is None or "," in one for one in plain.values()):
        yield "  " * depth + "- " + ", ".join(f"{name}: {one}" for name, one in plain.items())
    else:
        yield from _field("-", item, depth)


def _short(value: object) -> str | None:
    """Return *value* as part of a line; None if it needs lines of its own."""
    items = _items(value)
    if items:
        parts = [_short(item) for item in items if not isinstance(item, list)]
        told = [part for part in parts if part is not None and "," not in part]
        return ", ".join(told) if len(told) == len(items) else None
    text = "\n" if _entries(value) else _scalar(value)
    return None if "\n" in text else text


def _entries(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _scalar(value: object) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
