"""Track nights in MLflow: an embedded store beside the NightRecords, or a server; always in another process.

A store that hangs costs only its time limit, and MLflow's imports, output and telemetry stay out of the
night. A store can be rebuilt from the records at any time.
"""

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

from ct_retrain.core.configuration.settings import TrackingSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.installation import install_command
from ct_retrain.core.records.tracked import Tracked, TrackerInput
from ct_retrain.core.workspace import Workspace

STORE = "mlflow.db"
_NEEDED = ("mlflow", "sqlalchemy", "alembic")
_SQLITE = "sqlite:///"
_BESIDE = ("-journal", "-wal", "-shm")
"""SQLite's files beside the store: an old journal would be replayed into a new file."""
_BUSY = 5.0
"""Seconds that another process may hold the embedded store before it counts as locked."""
_A_NIGHT = 5.0
"""Additional seconds for each night, if several are written at once."""
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True)
class MlflowTracker:
    """One store; *embedded* is its file if it is ours, and None for any other."""

    uri: str
    embedded: Path | None
    settings: TrackingSettings

    @property
    def place(self) -> str:
        """The tracking URI."""
        return self.uri

    def follow(self, story: TrackerInput) -> Tracked:
        """Write the nights of *story*, replacing what was written of them before, and move the aliases."""
        return self._ask(story)

    def rebuild(self, story: TrackerInput) -> Tracked:
        """Write *story* into a new embedded store; on a server, replace the runs of its nights."""
        self._ready()
        if self.embedded is not None:
            for suffix in ("", *_BESIDE):
                self.embedded.with_name(self.embedded.name + suffix).unlink(missing_ok=True)
        return self._ask(story)

    def holds(self) -> Tracked:
        """Return what the store holds; an embedded store that does not exist is empty, and is not created."""
        if self.embedded is not None and not self.embedded.exists():
            return Tracked(store=self.uri, nights=(), aliases={})
        return self._ask(None)

    def _ask(self, story: TrackerInput | None) -> Tracked:
        """Run the process within its time limit."""
        from ct_retrain.adapters._mlflow_writer import WriteRequest

        self._ready()
        artifacts = self.embedded.with_name("mlflow-artifacts").as_uri() if self.embedded else ""
        order = WriteRequest(
            uri=self.uri,
            artifacts=artifacts,
            experiment=self.settings.experiment,
            model=self.settings.model,
            story=story,
        )
        runs = len(story.nights) + sum(len(one.rows) for one in story.experiments) if story else 0
        seconds = self.settings.timeout + _A_NIGHT * max(0, runs - 1)
        return _answer(order.model_dump_json(), seconds)

    def _ready(self) -> None:
        """Raise ToolError if MLflow is missing, or another process holds the SQLite file (MLflow would wait
        minutes).
        """
        missing = absent()
        if missing:
            raise ToolError(
                f"tracking needs {', '.join(missing)}: {install_command('track')}, or set tracking.store to off"
            )
        path = self.embedded or (
            Path(self.uri.removeprefix(_SQLITE)) if self.uri.startswith(_SQLITE) else None
        )
        if path is None or not path.exists():
            return
        wait = min(_BUSY, self.settings.timeout / 2)
        try:
            with contextlib.closing(sqlite3.connect(path, timeout=wait, isolation_level=None)) as store:
                store.execute("BEGIN IMMEDIATE")
                store.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise ToolError(
                f"tracking: {path} cannot be written ({error}): close the program that holds it open, or free space; "
                "the next scheduled start tries again, or run `ct-retrain track rebuild`"
            ) from error
        except sqlite3.DatabaseError as error:
            raise ToolError(
                f"tracking: {path} is no SQLite file ({error}): move it away, then `ct-retrain track rebuild`"
            ) from error


def tracker_of(workspace: Workspace, settings: TrackingSettings) -> MlflowTracker | None:
    """Return the tracker for the setting `tracking.store`; None if nothing is tracked."""
    if settings.store == "off" or (settings.store == "auto" and absent()):
        return None
    if settings.store != "auto":
        if urllib.parse.urlsplit(settings.store).password is not None:
            raise UsageError(
                "tracking.store holds a password, which records would keep: leave it out, and set MLflow's own "
                "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
            )
        return MlflowTracker(settings.store, None, settings)
    path = workspace.records / STORE
    return MlflowTracker(f"{_SQLITE}{path}", path, settings)


def absent() -> list[str]:
    """Return MLflow's packages that are not installed."""
    return [name for name in _NEEDED if find_spec(name) is None]


def _answer(order: str, seconds: float) -> Tracked:
    with tempfile.TemporaryDirectory(prefix="ct-retrain-track-") as empty:
        try:
            # MLflow creates a directory for artifacts in its working directory, so it runs in a temporary one.
            done = subprocess.run(
                [sys.executable, "-m", "ct_retrain.adapters._mlflow_writer"],
                input=order.encode(),
                capture_output=True,
                check=False,
                cwd=empty,
                env={
                    **os.environ,
                    **_QUIET,
                    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                },
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise ToolError(
                f"tracking: MLflow did not finish within {seconds:.0f} s: is the store locked or the server down? "
                "The next scheduled start tries again; tracking.timeout sets the limit"
            ) from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ToolError(f"tracking: MLflow refused: {said[-1] if said else f'exit code {done.returncode}'}")
    try:
        return Tracked.model_validate_json(done.stdout)
    except ValidationError as error:
        raise ToolError(f"tracking: MLflow's process answered {done.stdout[:200]!r}") from error
