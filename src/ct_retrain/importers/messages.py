"""Read a list of chat messages as OpenAI's API spells them, and as its relatives do: who asked what, which tools were called.

Understood are texts and lists of parts, tool calls whose arguments are an object or its JSON, and results by
`tool_call_id`. Messages of other shapes say nothing here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ct_retrain.importers.values import decoded, list_of, object_of


class Call(NamedTuple):
    """A tool call and its result."""

    tool: str
    arguments: dict[str, Any]
    result: str


class Dialogue(NamedTuple):
    """A conversation."""

    asked: str
    """What the user said before the first answer."""
    calls: tuple[Call, ...]
    answer: str
    """The last text of the model."""


def talk_of(messages: Iterable[object]) -> Dialogue:
    """Read *messages*, which may be anything."""
    told = [fields for one in messages if (fields := object_of(one))]
    results = {
        str(one.get("tool_call_id")): text_in(one.get("content")) for one in told if one.get("role") == "tool"
    }
    answers = [one for one in told if one.get("role") == "assistant"]
    before = told[: told.index(answers[0])] if answers else told
    return Dialogue(
        asked="\n\n".join(text_in(one.get("content")) for one in before if one.get("role") == "user").strip(),
        calls=tuple(call for one in answers for call in _calls(one, results)),
        answer=next((text for one in reversed(answers) if (text := text_in(one.get("content")))), ""),
    )


def text_in(content: object) -> str:
    """The text of a message's content: a text, or a list of parts of which some are texts."""
    if isinstance(content, str):
        return content
    texts = (object_of(part).get("text") for part in list_of(content))
    return "\n".join(one for one in texts if isinstance(one, str))


def _calls(message: Mapping[str, Any], results: Mapping[str, str]) -> Iterator[Call]:
    for call in map(object_of, list_of(message.get("tool_calls"))):
        function = call.get("function")
        named = object_of(function) or {**call, "name": function}
        arguments = arguments_of(named.get("arguments"))
        yield Call(str(named.get("name") or ""), arguments, results.get(str(call.get("id")), ""))


def arguments_of(given: object) -> dict[str, Any]:
    """The arguments of a call: an object, or the JSON of one; a text that is none is kept under `text`."""
    told = decoded(given)
    return {"text": told} if isinstance(told, str) else object_of(told)
