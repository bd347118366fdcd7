"""Read the replies of OpenAI-compatible servers: chat completions and lists of models.

Servers agree only in outline. A count may be null, a text may be a list of parts, there are some thirty
finish reasons, and an error may come with status 200. A reply that is not an answer raises NoAnswerError; it
is never returned as a failed answer.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ct_retrain.adapters._http import NoAnswerError

_ENDED = frozenset(
    [
        "complete",
        "completed",
        "done",
        "end",
        "end_of_text",
        "end_of_turn",
        "end_turn",
        "eos",
        "eos_token",
        "finished",
        "function_call",
        "natural",
        "stop",
        "stop_sequence",
        "stop_str",
        "tool_call",
        "tool_calls",
        "tool_use",
    ]
)
"""Finish reasons for which the model ended its turn itself, including by an unrequested tool call."""
_CUT = frozenset(
    [
        "content_filter",
        "context_length",
        "context_length_exceeded",
        "length",
        "length_limit",
        "limit",
        "max_length",
        "max_output_tokens",
        "max_tokens",
        "model_length",
        "recitation",
        "safety",
        "token_limit",
    ]
)
"""Finish reasons for which something else ended the answer."""
_FAILED = frozenset(
    ["abort", "aborted", "canceled", "cancelled", "error", "insufficient_system_resource", "timeout"]
)
"""Finish reasons of a failed server, without an answer."""
_THOUGHTS = frozenset(
    {"reasoning", "reasoning_content", "reasoning_text", "redacted_thinking", "thinking", "thought"}
)
"""Types of message parts that hold thoughts."""


class ServerAnswer(NamedTuple):
    """One chat completion."""

    text: str
    """The answer, without thoughts that the server returns separately."""
    finished: bool
    """Whether the model ended the answer itself."""
    tokens: int
    """Number of tokens; 0 if the server does not say."""
    model: str
    """Name of the model that answered; empty if the server does not say."""


class ListedModel(NamedTuple):
    """One entry of a model list."""

    owner: str
    root: str
    """What vLLM loaded: of an adapter its directory; other servers give anything, or nothing."""
    window: int = 0
    """Tokens of the longest prompt with its answer; 0 if the server does not say."""


def read_completion(data: bytes, most: int) -> ServerAnswer:
    """Return the first choice of a chat completion of at most *most* tokens; raise NoAnswerError."""
    said = _object(data)
    if said.get("error"):
        raise NoAnswerError("answers with an error")
    choices = said.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or choice.get("error"):
        raise NoAnswerError("gives no chat completion")
    message = choice.get("message")
    if not isinstance(message, dict):
        message = {"content": choice.get("text", False)}
    text = _text(message.get("content"))
    reason = str(choice.get("finish_reason") or "").lower().removeprefix("finish_reason_")
    if reason in _FAILED:
        raise NoAnswerError(f"gave up its answer ({reason})")
    usage = said.get("usage")
    tokens = _count(usage.get("completion_tokens")) if isinstance(usage, dict) else 0
    written = text + _thoughts(message)
    model = said.get("model")
    return ServerAnswer(
        text, _finished(reason, tokens, written, most), tokens, model if isinstance(model, str) else ""
    )


def read_models(data: bytes) -> Mapping[str, ListedModel]:
    """Return name → card of every model that the server lists; empty if there is no readable list."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    entries = said.get("data") if isinstance(said, dict) else said
    cards = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return {one["id"]: _card(one) for one in cards if isinstance(one.get("id"), str)}


def _card(entry: Mapping[str, Any]) -> ListedModel:
    owner, root = (one if isinstance(one, str) else "" for one in map(entry.get, ("owned_by", "root")))
    return ListedModel(owner, root, _count(entry.get("max_model_len")))


def _object(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NoAnswerError("answers no JSON") from error
    if not isinstance(said, dict):
        raise NoAnswerError("gives no chat completion")
    return said


def _text(content: Any) -> str:
    """Return the text of a message, given as a string, null, or parts of which some are thoughts."""
    match content:
        case None:
            return ""
        case str():
            return content.encode("utf-8", "replace").decode()  # JSON may contain lone surrogates
        case dict() if content.get("type") in _THOUGHTS:
            return ""
        case dict() if isinstance(content.get("text"), str | None):
            return _text(content.get("text"))
        case list():
            return "".join(map(_text, content))
        case _:
            raise NoAnswerError("gives no chat completion")


def _thoughts(message: Mapping[str, Any]) -> str:
    """Return thoughts that the server keeps apart from the answer; vLLM and OpenRouter call them `reasoning`."""
    apart = [message.get(key) for key in ("reasoning_content", "reasoning", "thinking")]
    return "".join(one for one in apart if isinstance(one, str))


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return int(value) if isinstance(value, int | float) and 0 < value < 1 << 31 else 0


def _finished(reason: str, tokens: int, written: str, most: int) -> bool:
    """Whether the model ended its answer; if the server gives no reason, decide by length.

    A token has at least one byte. A longer text from a server that states neither reason nor length counts as
    cut, because nothing shows that it is complete.
    """
    if reason in _ENDED:
        return True
    if reason in _CUT:
        return False
    return tokens < most if tokens else len(written.encode()) < most
