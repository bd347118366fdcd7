"""The reasoning in a model's answer, told apart from the answer itself.

Reasoning models write their thoughts between marks before they answer, and each family has marks of its own. This
module knows the marks; what is done with thoughts (left out, trained on, counted) is decided elsewhere. Not covered:
thoughts in plain prose without any mark, which nobody can tell from an answer.
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
# A design may index with a parameter THINK: `next[THINK]`. Only a line of its own or a partner make it a mark.
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
"""A channel's name without its marks, as a decoder leaves it that drops special tokens."""


class Thoughts(NamedTuple):
    """An answer in its two parts."""

    answer: str
    """What the model says once it has thought; empty while a thought is unfinished."""
    thought: str
    """What it thought, with the marks left out; empty when it did not think."""
    unfinished: bool
    """A thought was begun and never ended: whatever stands in it is a draft, and there is no answer."""


def split_thoughts(text: str) -> Thoughts:
    """Split *text*, a model's whole output, into thoughts and answer.

    Thoughts may be nested, in any case, several, and without their opening mark, which some chat templates put into
    the prompt: then everything before the closing mark is a thought. Marks in inline code (`` `<think>` ``) are
    text. Text without marks is all answer and is returned as it is.
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
    """The end of *text*, such as of a prompt, from the mark on that opens a thought and leaves it open; "" without one."""
    if not split_thoughts(text).unfinished:
        return ""
    opening = [mark for mark in _marks(text) if not mark.closes]
    return text[opening[-1].start :] if opening else ""


def closing(opening: str) -> str:
    """The mark that ends a thought which the mark at the start of *opening* began: `</think>` for `<think>`."""
    for begin, end in _PARTNERS:
        if opening.startswith(begin):
            return end
    spelled, word = _first(opening)
    if word:
        return spelled.replace(word, "END" if word.isupper() else "end")
    return re.sub(r"^(?:[<\[◁]|&lt;)[|\uff5c]?", lambda found: f"{found[0]}/", spelled)


def without_opening(text: str) -> str:
    """*text* without the mark that it begins with and that opens a thought, and the line break after it."""
    found = _MARK.match(text)
    opens = found is not None and not (found["slash"] or found["closes"] or found["empty"])
    return text[found.end() :].removeprefix("\n") if found and opens else text


def mentions_thought(text: str) -> bool:
    """Whether any mark stands in *text*."""
    return any(True for _ in _marks(text)) or "<|channel|>" in text


def _first(opening: str) -> tuple[str, str]:
    """The mark that *opening* begins with, without attributes, and the word in it that says that it begins."""
    found = _MARK.match(opening.strip())
    if found is None:
        return "<think>", ""
    return re.sub(r"[ \t]+[\w-]+[ \t]*=.*(?=>)", "", found[0]), found["word"] or ""


class _Mark(NamedTuple):
    start: int
    end: int
    closes: bool


def _marks(text: str) -> list[_Mark]:
    """The marks that count, in order: not those in inline code, and not a tag that opens and closes at once."""
    quoted = [found.span() for found in _QUOTED.finditer(text)] if "`" in text else []
    marks: list[_Mark] = []
    for found in _MARK.finditer(text):
        if found["empty"] or any(start < found.start() and found.end() < end for start, end in quoted):
            continue
        closes = bool(found["slash"] or found["closes"] or (found["word"] or "").lower() == "end")
        again = (
            marks and not marks[-1].closes and not closes and not text[marks[-1].end : found.start()].strip()
        )
        if not again:  # a template opened the thought, and the model opened it once more
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
        else:  # opened before the text began
            inside, outside = [*outside, *inside], []
    if depth:
        inside.append(text[place:])
        return Thoughts("", "".join(inside), unfinished=True)
    outside.append(text[place:])
    return Thoughts("".join(outside), "".join(inside), unfinished=False)


def _channels(text: str) -> Thoughts:
    """Messages of gpt-oss: only what is said in the channel `final` is the answer."""
    said = [(found["name"].lower(), found["text"]) for found in _CHANNEL.finditer(text)]
    answer = "".join(message for name, message in said if name == "final")
    thought = "".join(message for name, message in said if name != "final")
    return Thoughts(answer, thought, unfinished=all(name != "final" for name, _ in said))


def _bare_channels(text: str) -> Thoughts:
    thought, mark, answer = text.lstrip().removeprefix("analysis").rpartition("assistantfinal")
    return Thoughts(answer, thought, unfinished=False) if mark else Thoughts("", answer, unfinished=True)
