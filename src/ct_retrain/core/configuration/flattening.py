"""Settings as dotted names: what a record, a listing and a comparison of recipes show."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel, SecretStr

MASK = "***"
"""Shown in place of a secret."""
_WHOLE = ("challengers", "floors", "groups")
"""Settings that are tables of the user's own names: one value each."""


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings and sections to dotted names."""
    flattened: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, BaseModel):
            flattened |= flatten(dict(value), f"{name}.")
        elif isinstance(value, dict) and key not in _WHOLE:
            flattened |= flatten(cast("dict[str, Any]", value), f"{name}.")
        else:
            flattened[name] = MASK if isinstance(value, SecretStr) else value
    return flattened


def did_you_mean(name: str, known: Sequence[str], otherwise: str = "", prefix: str = "") -> str:
    """Return the end of a message on the unknown *name*: the closest of *known*, with *prefix*, or *otherwise*."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {prefix}{close[0]}?" if close else otherwise
