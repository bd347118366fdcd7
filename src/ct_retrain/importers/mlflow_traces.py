"""Import MLflow traces, as `Trace.to_json` writes them, with MLflow's own reader."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ct_retrain.core.record import Rejected
from ct_retrain.importers.attempt import ImportedAttempt
from ct_retrain.importers.conversation import Conversation, attempts_of
from ct_retrain.importers.library import library
from ct_retrain.importers.records import objects
from ct_retrain.importers.steps import CallSpan, talk_in
from ct_retrain.importers.values import object_of
from ct_retrain.trace.lines import moment_of

_KINDS = {"CHAT_MODEL": "model", "LLM": "model", "TOOL": "tool"}


def attempts(path: Path) -> Iterator[ImportedAttempt | Rejected]:
    """Yield the simulations of the traces in *path*: one a file, or one a line."""
    read = library("mlflow.entities", "track").Trace
    for one in objects(path):
        if isinstance(one, Rejected):
            yield one
            continue
        try:
            trace = read.from_dict(one.fields)
        except Exception as error:  # noqa: BLE001 - the library raises what its parsers do, and a line is one subject
            yield Rejected(
                subject=one.place, reason="unreadable", detail=f"{type(error).__name__}: {error}"[:300]
            )
        else:
            yield from attempts_of(_conversation(trace))


def _conversation(trace: Any) -> Conversation:
    spans: list[Any] = sorted(trace.data.spans, key=lambda span: span.start_time_ns)
    steps = [_step(span) for span in spans]
    models = [str(model) for one in steps if (model := object_of(one.given).get("model"))]
    return Conversation(
        name=str(trace.info.trace_id),
        talk=talk_in(steps),
        generator=models[-1] if models else "",
        when=moment_of(trace.info.request_time / 1000),
    )


def _step(span: Any) -> CallSpan:
    given: object = span.inputs
    gave: object = span.outputs
    return CallSpan(_KINDS.get(str(span.span_type), ""), str(span.name), given, gave)
