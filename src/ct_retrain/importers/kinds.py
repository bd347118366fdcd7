"""The formats that can be imported, by name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.record import Rejected
from ct_retrain.importers import chat, inspect_log, langfuse, mlflow_traces
from ct_retrain.importers.attempt import Attempt


class Format(NamedTuple):
    """One format."""

    words: str
    read: Callable[[Path], Iterator[Attempt | Rejected]]


FORMATS = {
    "chat": Format("OpenAI-style chat logs with tool calls: JSON or JSON Lines", chat.attempts),
    "inspect": Format("logs of inspect_ai: .eval or .json", inspect_log.attempts),
    "langfuse": Format("traces that Langfuse exports: JSON or JSON Lines", langfuse.attempts),
    "mlflow": Format(
        "traces of MLflow: what Trace.to_json gives, JSON or JSON Lines", mlflow_traces.attempts
    ),
}
BUILDS = "builds"
"""Directories of answers to a suite (`importers.builds`), which need the suite beside the path."""
