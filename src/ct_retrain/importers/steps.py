"""A conversation from what a tracing tool recorded: calls of a model, each with all messages before it, and of tools."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from ct_retrain.importers.messages import Call, Dialogue, arguments_of, talk_of
from ct_retrain.importers.values import decoded, list_of, object_of


class CallSpan(NamedTuple):
    """A call of a model or of a tool."""

    kind: str
    """`model` or `tool`."""
    name: str
    given: object
    """Messages, or arguments; a text may be JSON."""
    gave: object


def talk_in(steps: Sequence[CallSpan]) -> Dialogue:
    """Read *steps*, in the order of their start: the last call of the model tells what came before it.

    The tools' own steps are used where its messages hold no call, as with agents that call tools themselves.
    """
    models = [one for one in steps if one.kind == "model"]
    talk = (
        talk_of([*_messages(models[-1].given, "user"), *_messages(models[-1].gave, "assistant")])
        if models
        else Dialogue("", (), "")
    )
    if talk.calls:
        return talk
    first = talk_of(_messages(models[0].given, "user")).asked if models else ""
    calls = (Call(one.name, arguments_of(one.given), _text(one.gave)) for one in steps if one.kind == "tool")
    return talk._replace(asked=talk.asked or first, calls=tuple(calls))


def _messages(value: object, role: str) -> list[object]:
    """The messages in what a model was given or gave: a list, an object that holds one, one message, or *role*'s text."""
    told = decoded(value)
    if isinstance(told, str):
        return [{"role": role, "content": told}]
    fields = object_of(told)
    if choices := list_of(fields.get("choices")):
        return [object_of(one).get("message") for one in choices]
    return list_of(told) or list_of(fields.get("messages")) or ([fields] if "role" in fields else [])


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
