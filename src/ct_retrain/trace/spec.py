"""From a specification, as text or as JSON with a description, to the words a model is asked with."""

import hashlib
import json
from typing import Any, cast

_KEYS = ("description", "spec", "prompt", "instruction")
"""Where a JSON specification keeps its words; the first that holds some wins."""


def instruction_of(text: str) -> str:
    """The words of *text*, stripped; a JSON object without a description counts as its own words."""
    stripped = text.strip().removeprefix("\ufeff")
    if not stripped.startswith("{"):
        return stripped
    try:
        found: object = json.loads(stripped)
    except (ValueError, RecursionError):
        return stripped
    return _words(found, 0) or stripped


def spec_hash_of(text: str) -> str:
    """Sha256 of the words of *text*: how a specification without a `spec_hash` is named."""
    return hashlib.sha256(instruction_of(text).encode("utf-8", "backslashreplace")).hexdigest()


def _words(value: object, depth: int) -> str:
    """The description in *value*, which may lie one object deeper (`{"spec": {"description": …}}`)."""
    if isinstance(value, str):
        return value.strip()
    if not isinstance(value, dict) or depth > 1:
        return ""
    entries = cast("dict[str, Any]", value)
    return next(filter(None, (_words(entries.get(key), depth + 1) for key in _KEYS)), "")
