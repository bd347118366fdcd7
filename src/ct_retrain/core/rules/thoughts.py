"""Separate the reasoning in a model's answer from the answer itself.

Reasoning models write their thoughts between marks before they answer, and each family has its own marks.
This module knows the marks; callers decide whether thoughts are dropped, trained on or counted. Not covered:
thoughts in plain prose without any mark, which cannot be told from an answer.
"""

import re
from typing import NamedTuple

_NAMES = (
    r"(?:[\w-]+:)?(?:think|thinking|thoughts?|thought[_ -]process|reason|reasoning|reflection|scratch_?pad"
    r"|(?:inner_)?monologue|chain[_ -]of[_ -]thought|cot|analysis|antthinking)"
)
_TAG = (
    rf"(?:<|&lt;)[|\uff5c]?[ \t]*(?P<slash>/)?[ \t]*{_NAMES}(?:[ \t]+[\w-]+[ \t]*=[^<>\n]*?)?[ \t]*"
    r"(?P<empty>/)?[|\uff5c]?(?:>|&gt;)"
)
_WORDED = r"<[|\uff5c](?P<word>end|begin|start)[_\u2581](?:of[_\u2581])?(?:thought|thinking|think|reasoning)[|\uff5c]>"
# A design may index with a parameter: `next[THINK]`. It is a mark only on its own line or with a partner.
_BRACKETS = r"(?P<opens>^[ \t]*\[THINK\]|\[THINK\](?=(?s:.*)\[/THINK\])"
_OTHERS = (
    r"|◁think▷|<\|inner_prefix\|>|<\|channel>[ \t]*thought\b|<unused94>(?:thought\b)?)"
    r"|(?P<closes>\[/THINK\]|◁/think▷|<\|inner_suffix\|>|<channel\|>|<unused95>)"
)
_PARTNERS = (
    ("<|channel>", "<channel|>"),
    ("<unused94>", "<unused95>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
)
_MARK = re.compile(f"{_TAG}|{_WORDED}|{_BRACKETS}{_OTHERS}", re.IGNORECASE | re.MULTILINE)
_SPOKEN = re.compile(
    r"\A\s*Here(?:'s| is) my thought process:(?P<thought>.*?)(?:Here(?:'s| is) my response:(?P<answer>.*)|\Z)",
    re.DOTALL,
)
_QUOTED = re.compile(r"`[^`\n]*`")
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(?P<name>\w+)[^\n]*?<\|message\|>(?P<text>.*?)"
    r"(?=<\|(?:end|return|call|start|channel)\|>|\Z)",
    re.DOTALL,
)
_BARE_CHANNEL = re.compile(r"\A\s*analysis(?=[A-Z]|.*assistantfinal)", re.DOTALL)
"""A channel's name without marks, as left by a decoder that drops special tokens."""


class Thoughts(NamedTuple):
    """The two parts of a model's output."""

    answer: str
    """The answer after the thoughts; empty if a thought is unfinished."""
    thought: str
    """The thoughts without their marks; empty if there are none."""
    unfinished: bool
    """Whether a thought begins and never ends; then everything in it is a draft, and there is no answer."""


def split_thoughts(text: str) -> Thoughts:
    """Split *text*, a model's whole output, into thoughts and answer.

    - Thoughts may be nested, repeated, and marked in any case.
    - The opening mark may be missing, because some chat templates put it into the prompt; then everything
      before the closing mark is a thought.
    - Marks in inline code (`` `<think>` ``) are text.
    - Text without marks is returned unchanged as the answer.
    """
    if "<|channel|>" in text and "<|message|>" in text:
        return _channels(text)
    if _BARE_CHANNEL.match(text):
        return _bare_channels(text)
    spoken = _SPOKEN.match(text)
    if spoken:
        return Thoughts(spoken["answer"] or "", spoken["thought"], unfinished=spoken["answer"] is None)
    return _tagged(text)


def left_open(text: str) -> str:
    """Return the end of *text* from a mark that opens a thought and is not closed; "" if there is none."""
    if not split_thoughts(text).unfinished:
        return ""
    opening = [mark for mark in _marks(text) if not mark.closes]
    return text[opening[-1].start :] if opening else ""


def closing(opening: str) -> str:
    """Return the mark that closes the thought opened at the start of *opening*: `</think>` for `<think>`."""
    for begin, end in _PARTNERS:
        if opening.startswith(begin):
            return end
    spelled, word = _first(opening)
    if word:
        return spelled.replace(word, "END" if word.isupper() else "end")
    return re.sub(r"^(?:[<\[◁]|&lt;)[|\uff5c]?", lambda found: f"{found[0]}/", spelled)


def without_opening(text: str) -> str:
    """Return *text* without a thought's opening mark at its start and the line break after it."""
    found = _MARK.match(text)
    opens = found is not None and not (found["slash"] or found["closes"] or found["empty"])
    return text[found.end() :].removeprefix("\n") if found and opens else text


def mentions_thought(text: str) -> bool:
    """Whether *text* contains any mark."""
    return any(True for _ in _marks(text)) or "<|channel|>" in text


def _first(opening: str) -> tuple[str, str]:
    """Return the mark at the start of *opening* without attributes, and the word that makes it opening."""
    found = _MARK.match(opening.strip())
    if found is None:
        return "<think>", ""
    return re.sub(r"[ \t]+[\w-]+[ \t]*=.*(?=>)", "", found[0]), found["word"] or ""


class _Mark(NamedTuple):
    start: int
    end: int
    closes: bool


def _marks(text: str) -> list[_Mark]:
    """Return the marks in order, without those in inline code and tags that open and close at once."""
    quoted = [found.span() for found in _QUOTED.finditer(text)] if "`" in text else []
    marks: list[_Mark] = []
    for found in _MARK.finditer(text):
        if found["empty"] or any(start < found.start() and found.end() < end for start, end in quoted):
            continue
        closes = bool(found["slash"] or found["closes"] or (found["word"] or "").lower() == "end")
        again = (
            marks and not marks[-1].closes and not closes and not text[marks[-1].end : found.start()].strip()
        )
        if not again:  # the template opened the thought, and the model opened it again
            marks.append(_Mark(found.start(), found.end(), closes))
    return marks


def _tagged(text: str) -> Thoughts:
    depth, place = 0, 0
    outside: list[str] = []
    inside: list[str] = []
    for mark in _marks(text):
        (inside if depth else outside).append(text[place : mark.start])
        place = mark.end
        if not mark.closes:
            depth += 1
        elif depth:
            depth -= 1
        else:  # opened before the text begins
            inside, outside = [*outside, *inside], []
    if depth:
        inside.append(text[place:])
        return Thoughts("", "".join(inside), unfinished=True)
    outside.append(text[place:])
    return Thoughts("".join(outside), "".join(inside), unfinished=False)


def _channels(text: str) -> Thoughts:
    """Split messages of gpt-oss: only those in the channel `final` are the answer."""
    said = [(found["name"].lower(), found["text"]) for found in _CHANNEL.finditer(text)]
    answer = "".join(message for name, message in said if name == "final")
    thought = "".join(message for name, message in said if name != "final")
    return Thoughts(answer, thought, unfinished=all(name != "final" for name, _ in said))


def _bare_channels(text: str) -> Thoughts:
    thought, mark, answer = text.lstrip().removeprefix("analysis").rpartition("assistantfinal")
    return Thoughts(answer, thought, unfinished=False) if mark else Thoughts("", answer, unfinished=True)
