"""Settings as dotted names: what a record, a listing and a comparison of recipes show."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel, SecretStr

MASK = "***"
"""Shown in place of a secret."""
_WHOLE = ("floors", "challengers")
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
