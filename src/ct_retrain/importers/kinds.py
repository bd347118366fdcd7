"""The formats that can be imported, by name."""

from collections.abc import Callable, Iterator
from pathlib import Path

from ct_retrain.core.record import Rejected
from ct_retrain.importers import chat, inspect_log, langfuse, mlflow_traces
from ct_retrain.importers.attempt import ImportedAttempt

FORMATS: dict[str, Callable[[Path], Iterator[ImportedAttempt | Rejected]]] = {
    "chat": chat.attempts,
    "inspect": inspect_log.attempts,
    "langfuse": langfuse.attempts,
    "mlflow": mlflow_traces.attempts,
}
BUILDS = "builds"
"""Directories of answers to a suite (`importers.builds`), which need the suite beside the path."""
