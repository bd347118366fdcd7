"""Read JSON that may have any shape: what has another than the wanted one counts as empty."""

import json
from typing import Any, cast


def object_of(value: object) -> dict[str, Any]:
    """*value* if it is an object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def list_of(value: object) -> list[object]:
    """*value* if it is a list, else an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else []


def decoded(value: object) -> object:
    """*value*, or what it encodes if it is the text of a JSON object or list."""
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
