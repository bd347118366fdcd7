"""Import traces that Langfuse exports as JSON: a trace with its `observations`, as its public API gives it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ct_retrain.core.record import Rejected
from ct_retrain.importers.attempt import ImportedAttempt
from ct_retrain.importers.conversation import Conversation, attempts_of
from ct_retrain.importers.records import SourceObject, objects
from ct_retrain.importers.steps import CallSpan, talk_in
from ct_retrain.importers.values import list_of, object_of
from ct_retrain.trace.lines import moment_of

_KINDS = {"GENERATION": "model", "TOOL": "tool", "SPAN": "tool", "AGENT": "", "CHAIN": "", "EVENT": ""}


def attempts(path: Path) -> Iterator[ImportedAttempt | Rejected]:
    """Yield the simulations of the traces in *path*: one a line, a list of them, or pages with `data`."""
    for one in objects(path):
        if isinstance(one, Rejected):
            yield one
        else:
            for number, trace in enumerate(_traces(one), 1):
                yield from _of_trace(f"{one.place}.{number}", object_of(trace))


def _traces(found: SourceObject) -> list[object]:
    return list_of(found.fields.get("data")) or [found.fields]


def _of_trace(place: str, trace: Mapping[str, Any]) -> Iterator[ImportedAttempt | Rejected]:
    observations = [fields for one in list_of(trace.get("observations")) if (fields := object_of(one))]
    if not observations:
        detail = "export the trace with its observations (GET /api/public/traces/ID)"
        yield Rejected(subject=str(trace.get("id") or place), reason="no_observations", detail=detail)
        return
    known = sorted(observations, key=lambda one: str(one.get("startTime") or ""))
    steps = [
        CallSpan(
            _KINDS.get(str(one.get("type")), ""),
            str(one.get("name") or ""),
            one.get("input"),
            one.get("output"),
        )
        for one in known
    ]
    yield from attempts_of(
        Conversation(
            name=str(trace.get("id") or place),
            talk=talk_in(steps),
            generator=next((str(one["model"]) for one in reversed(known) if one.get("model")), ""),
            when=moment_of(trace.get("timestamp")),
        )
    )
