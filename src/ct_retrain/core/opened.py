"""Open a workspace to look at it: its paths and its settings, nothing of what they select."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.core.configuration.loading import load_settings
from ct_retrain.core.configuration.settings import FILE_NAME, Settings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.workspace import Workspace


class Opened(NamedTuple):
    """A workspace with its settings."""

    workspace: Workspace
    settings: Settings
    origins: dict[str, str]
    """Setting → origin of its value, for values that are not defaults."""


def open_workspace(root: Path, options: Mapping[str, Any] | None = None, file: Path | None = None) -> Opened:
    """Read the settings of *root*; raise UsageError where it is no directory."""
    if not root.is_dir():
        raise UsageError(f"workspace {root} is no directory: name one that is there, `ct-retrain -C DIR`")
    settings, origins = load_settings(root, options, file=file)
    return Opened(Workspace(root.resolve(), settings.paths), settings, origins)


def require_workspace(workspace: Workspace) -> None:
    """Raise UsageError where nothing says that the directory is a workspace: no settings file, no runs, no night."""
    marks = (workspace.root / FILE_NAME, workspace.runs, workspace.work, workspace.models, workspace.records)
    if not any(mark.exists() for mark in marks):
        raise UsageError(
            f"{workspace.root} is no workspace: it holds neither {FILE_NAME} nor runs at {workspace.paths.runs}; "
            f"`ct-retrain -C DIR` names another, `ct-retrain init DIR` makes one"
        )
