"""Finds question and answer in an object of a gold set, in any of the usual formats."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from ct_retrain.core.configuration.section import GoldKeySettings
from ct_retrain.stages.gold.templates import ChatTurn, turns

_QUESTIONS = (
    *("instruction", "prompt", "question", "query", "input"),
    *("problem", "task", "specification", "spec", "description", "user"),
)
_ANSWERS = (
    *("output", "response", "completion", "answer"),
    *("solution", "verilog", "rtl", "code", "assistant", "chosen"),
)
"""Keys as published, those that say most first."""
_MORE = ("input", "context")
"""Keys of additional input in Alpaca's and Dolly's formats."""
_SYSTEMS = ("system", "system_prompt")
_TALKS = ("messages", "conversations", "conversation", "dialogue", "dialog", "turns")
_SPEAKERS = ("role", "from", "speaker")
_WORDS = ("content", "value", "text")
_LICENCES = ("licence", "license", "metadata.licence", "metadata.license")
_ROLES = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "model": "assistant", "chatgpt": "assistant",
    "ai": "assistant", "tool": "tool", "function": "tool", "observation": "tool", "ipython": "tool",
}  # fmt: skip
_SHOWN = 8
"""Maximum number of keys of an unknown format that a refusal names."""


class Pair(NamedTuple):
    """A question and the answer to learn."""

    question: str
    answer: str
    licence: str = ""
    """The licence that the object names, in one short line; empty if it names none."""


class UnusableObject(NamedTuple):
    """Why an object gives no pair."""

    reason: str
    detail: str


class _UnfitError(Exception):
    """Reason and detail of an UnusableObject."""


def pair_of(value: object, keys: GoldKeySettings) -> Pair | UnusableObject:
    """Return the question and the answer in *value*.

    Tried in this order: the keys in the settings, a conversation (`messages` and similar), a question and an answer
    under two keys, a rendered `text`. Keys are compared without case. The last answer of a conversation is learned,
    and everything before it is the question. Empty texts are not refused here.
    """
    try:
        if _is_talk(value):
            return _last_answer(_turns(value, ""))
        if not isinstance(value, dict):
            return UnusableObject("not_an_object", f"a {type(value).__name__}, not an object")
        own = cast("dict[str, object]", value)
        found = _mapped(own, keys) or _usual({name.lower(): one for name, one in own.items()})
        return found._replace(licence=_licence(own, keys)) if found else _unknown(own)
    except _UnfitError as error:
        return UnusableObject(*error.args)


def _mapped(own: Mapping[str, object], keys: GoldKeySettings) -> Pair | None:
    """Return the pair under the keys in the settings; None if no keys are set, or the object lacks one."""
    if not keys.question or not keys.answer:
        return None
    asked, answered = _at(own, keys.question), _at(own, keys.answer)
    if asked is None or answered is None:
        return None
    more = _text(_at(own, keys.input), keys.input) if keys.input else ""
    return Pair(_joined(_text(asked, keys.question), more), _text(answered, keys.answer))


def _usual(own: Mapping[str, object]) -> Pair | None:
    for name in _TALKS:
        talk = own.get(name)
        if isinstance(talk, list) and talk:
            return _last_answer(_turns(cast("list[object]", talk), ""))
    asked, answered = _first(own, _QUESTIONS), _first(own, _ANSWERS)
    if answered and _is_talk(own[answered]):
        whole = _turns(
            own[answered], ""
        )  # of preference sets: the question is repeated before the chosen answer
        if any(turn.role == "user" for turn in whole):
            return _last_answer(whole)
    if asked and answered:
        return _pair(own, asked, answered)
    text = own.get("text")
    if isinstance(text, str) and text.strip():
        found = turns(text)
        if not found:
            raise _UnfitError("unknown_template", "a text without the marks of a template that is known")
        return _last_answer(found)
    return None


def _first(own: Mapping[str, object], names: Sequence[str]) -> str | None:
    """Return the first of *names* that is a key of *own*, preferring one with a value."""
    there = [name for name in names if name in own]
    return next((name for name in there if own[name]), there[0] if there else None)


def _pair(own: Mapping[str, object], asked: str, answered: str) -> Pair:
    if _is_talk(own[asked]) or _is_talk(own[answered]):
        sides = (("user", own[asked]), ("assistant", own[answered]))
        return _last_answer([turn for role, said in sides for turn in _turns(said, role)])
    more = [_text(own.get(name), name) for name in _MORE if name != asked]
    question = _joined(_text(own[asked], asked), *more)
    system = _joined(*(_text(own.get(name), name) for name in _SYSTEMS))
    before = _history(own.get("history"))
    answer = _text(own[answered], answered)
    if not before:
        return Pair(_joined(system, question) if question else "", answer)
    talk = [ChatTurn("system", system), *before, ChatTurn("user", question), ChatTurn("assistant", answer)]
    return _last_answer([turn for turn in talk if turn.text or turn.role != "system"])


def _history(value: object) -> list[ChatTurn]:
    """Return earlier rounds in LLaMA-Factory's format: `[[question, answer], …]`."""
    if not isinstance(value, list):
        return []
    rounds = cast("list[object]", value)
    said = [text for one in rounds if isinstance(one, list) for text in cast("list[object]", one)]
    return [ChatTurn(("user", "assistant")[at % 2], _text(text, "history")) for at, text in enumerate(said)]


def _is_talk(value: object) -> bool:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return bool(items) and all(
        isinstance(item, dict) and any(name in item for name in _SPEAKERS) for item in items
    )


def _turns(value: object, role: str) -> list[ChatTurn]:
    """Return the turns in *value*; a plain text is one turn of *role*."""
    if not isinstance(value, list):
        return [ChatTurn(role, _text(value, role))]
    found: list[ChatTurn] = []
    for number, item in enumerate(cast("list[object]", value), 1):
        if not isinstance(item, dict):
            raise _UnfitError("wrong_type", f"turn {number} is a {type(item).__name__}, not an object")
        fields = cast("dict[str, object]", item)
        said = next((fields[name] for name in _SPEAKERS if name in fields), "")
        called = _ROLES.get(str(said).lower())
        if called is None:
            raise _UnfitError("unknown_role", f"turn {number} is said by {str(said)[:40]!r}")
        if called == "assistant" and fields.get("weight") == 0:
            called = "shown"
        words = next((fields[name] for name in _WORDS if name in fields), None)
        found.append(ChatTurn(called, _text(words, f"turn {number}")))
    return found


def _last_answer(talk: Sequence[ChatTurn]) -> Pair:
    """Return the last answer of *talk*, with all before it as the question; unanswered turns after it are left out."""
    told = [turn._replace(role=_ROLES.get(turn.role, turn.role)) for turn in talk]
    last = max((at for at, turn in enumerate(told) if turn.role == "assistant"), default=None)
    if last is None:
        raise _UnfitError("empty_answer", "no turn of the assistant is to be learned")
    before = told[:last]
    asked = [turn for turn in before if turn.role == "user"]
    question = _rendered(before) if asked and asked[-1].text.strip() else ""
    return Pair(question, told[last].text)


def _rendered(before: Sequence[ChatTurn]) -> str:
    """Return the turns as one question: the system's text first; several rounds with the speakers' names."""
    system = [turn.text for turn in before if turn.role == "system"]
    rest = [turn for turn in before if turn.role != "system" and turn.text.strip()]
    if all(turn.role == "user" for turn in rest):
        return _joined(*system, *(turn.text for turn in rest))
    names = {"user": "User", "assistant": "Assistant", "shown": "Assistant", "tool": "Tool"}
    return _joined(*system, *(f"{names.get(turn.role, turn.role)}: {turn.text.strip()}" for turn in rest))


def _text(value: object, name: str) -> str:
    """Return *value* as text: a string, the only string of a list, or the text parts of a message."""
    if value is None or isinstance(value, str):
        return value or ""
    kind = type(value).__name__
    fields = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    words = next((one for key in _WORDS if isinstance(one := fields.get(key), str)), None)
    if words is not None:
        return words
    if fields:
        detail = f"{name} has the keys {_listed(fields)}; name one with train.gold_keys, such as {name}.{next(iter(fields))}"
        raise _UnfitError("wrong_type", detail)
    if not isinstance(value, list):
        raise _UnfitError("wrong_type", f"{name} is a {kind}, not text")
    items = cast("list[object]", value)
    if len(items) <= 1:
        return _text(items[0], name) if items else ""
    if all(isinstance(one, dict) and "text" in one for one in items):
        return "\n".join(_text(one, name) for one in items)
    detail = f"{name} holds {len(items)} values; name one with train.gold_keys, such as {name}.0"
    raise _UnfitError("several_texts" if isinstance(items[0], str) else "wrong_type", detail)


def _at(value: object, path: str) -> object:
    """Return the value at the dotted *path* in *value*; numbers index lists from 0. None if there is none."""
    if isinstance(value, dict) and path in value:
        return cast("dict[str, object]", value)[path]
    name, _, rest = path.partition(".")
    below: object = None
    if isinstance(value, dict):
        below = cast("dict[str, object]", value).get(name)
    elif isinstance(value, list) and name.isdecimal() and int(name) < len(cast("list[object]", value)):
        below = cast("list[object]", value)[int(name)]
    return _at(below, rest) if rest and below is not None else below


def _joined(*texts: str) -> str:
    said = [text for text in texts if text.strip()]
    return said[0] if len(said) == 1 else "\n\n".join(text.strip() for text in said)


def _licence(own: Mapping[str, object], keys: GoldKeySettings) -> str:
    said = next((one for name in (keys.licence, *_LICENCES) if name and (one := _at(own, name))), "")
    return " ".join(said.split())[:80] if isinstance(said, str) else ""


def _unknown(own: Mapping[str, object]) -> UnusableObject:
    return UnusableObject(
        "unknown_shape",
        f"no question and answer under the keys {_listed(own)}: name them with train.gold_keys.question and .answer",
    )


def _listed(own: Mapping[str, object]) -> str:
    names = ", ".join(f"{name[:30]}" for name in list(own)[:_SHOWN]) or "none"
    return f"{names}, …" if len(own) > _SHOWN else names
