"""Import a library that only one format needs."""

from importlib import import_module
from typing import Any

from ct_retrain.core.errors import UsageError
from ct_retrain.core.installation import install_command


def library(name: str, extra: str) -> Any:
    """Return the module *name*; raise UsageError that says how to get it if it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"this format is read with {name.partition('.')[0]}: {install_command(extra)}"
        ) from error
