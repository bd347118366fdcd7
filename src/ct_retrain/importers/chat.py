"""Import OpenAI-style chat logs with tool calls: an object with `messages`, or a request with its response."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ct_retrain.core.record import Rejected
from ct_retrain.importers.attempt import ImportedAttempt
from ct_retrain.importers.conversation import Conversation, attempts_of
from ct_retrain.importers.messages import talk_of
from ct_retrain.importers.records import SourceObject, objects
from ct_retrain.importers.values import list_of, object_of
from ct_retrain.trace.lines import moment_of


def attempts(path: Path) -> Iterator[ImportedAttempt | Rejected]:
    """Yield the simulations of the conversations in *path*; a conversation is an object or a line."""
    for one in objects(path):
        if isinstance(one, Rejected):
            yield one
        elif messages := _messages(one.fields):
            yield from attempts_of(_conversation(one, messages))
        else:
            yield Rejected(
                subject=one.place, reason="no_messages", detail=f"its keys are {', '.join(one.fields)}"
            )


def _messages(fields: Mapping[str, Any]) -> list[object]:
    asked = list_of(fields.get("messages")) or list_of(object_of(fields.get("request")).get("messages"))
    response = object_of(fields.get("response")) or fields
    answered = [object_of(choice).get("message") for choice in list_of(response.get("choices"))]
    return [*asked, *answered] if asked else []


def _conversation(one: SourceObject, messages: list[object]) -> Conversation:
    fields = {**object_of(one.fields.get("request")), **object_of(one.fields.get("response")), **one.fields}
    made = fields.get("created", fields.get("created_at"))
    return Conversation(
        name=str(fields.get("id") or one.place),
        talk=talk_of(messages),
        generator=str(fields.get("model") or ""),
        when=moment_of(made),
    )
