"""Splits a text rendered with a chat template into turns, by the template's marks.

Supported: ChatML, Llama 2 and Mistral (`[INST]`), Llama 3, Gemma, Phi and Zephyr, DeepSeek, headings such as `###
Instruction:` and `### Response:`, and `USER:` with `ASSISTANT:`. A text without such marks gives no turns.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class ChatTurn(NamedTuple):
    """One turn of a conversation."""

    role: str
    """The speaker as written: `user`, `gpt`, `system` …"""
    text: str


_CONTROL = (
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|begin_of_text|>", "<end_of_turn>", "<bos>",
    "<eos>", "<|end|>", "<|endoftext|>", "<|EOT|>", "<s>", "</s>",
    "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>",  # noqa: RUF001 - DeepSeek's tokens are full width
)  # fmt: skip
"""Tokens that a template puts around turns."""

_HEADINGS = (
    "System|Instruction|Input|Context|Response|Output|Question|Answer|Prompt|Completion|Human|User|Assistant"
)
_MARKS = (
    re.compile(r"<\|im_start\|>[ \t]*(?P<role>\w+)[ \t]*\n?"),
    re.compile(r"<\|start_header_id\|>\s*(?P<role>\w+)\s*<\|end_header_id\|>"),
    re.compile(r"<start_of_turn>[ \t]*(?P<role>\w+)[ \t]*\n?"),
    re.compile(r"<｜(?P<role>User|Assistant)｜>"),  # noqa: RUF001 - DeepSeek's marks are full width
    re.compile(r"(?P<role>\[/?INST\])"),
    re.compile(r"<\|(?P<role>system|user|assistant)\|>"),
    re.compile(rf"###[ \t]*(?P<role>{_HEADINGS})[ \t]*:", re.IGNORECASE),
    re.compile(r"(?:^|(?<=\s)|(?<=</s>))(?P<role>SYSTEM|USER|ASSISTANT):"),
    re.compile(r"^(?P<role>Human|User|Assistant|Question|Answer):", re.MULTILINE),
)
"""How each template opens a turn; the first template with a question and an answer is used."""

_ROLES = {
    "[inst]": "user", "[/inst]": "assistant", "instruction": "user", "question": "user", "prompt": "user",
    "human": "user", "input": "user", "context": "user", "response": "assistant", "output": "assistant",
    "answer": "assistant", "completion": "assistant", "model": "assistant",
}  # fmt: skip
_SYSTEM = re.compile(r"\A\s*<<SYS>>(?P<system>.*?)<</SYS>>", re.DOTALL)
_PREAMBLE = re.compile(
    r"\A\s*Below is an instruction that describes a task.*?\.\s*Write a response.*?\.\s*", re.DOTALL
)
"""The first sentence of Alpaca's template, which says nothing about the task."""


def turns(text: str) -> list[ChatTurn]:
    """Return the turns of *text*, in order, without the template's tokens; empty if no template is recognised."""
    for marks in _MARKS:
        found = list(marks.finditer(text))
        roles = [_role(mark["role"]) for mark in found]
        if "user" in roles and "assistant" in roles[roles.index("user") :]:
            return list(_cut(text, found))
    return []


def _role(written: str) -> str:
    return _ROLES.get(written.lower(), written.lower())


def _cut(text: str, marks: list[re.Match[str]]) -> Iterator[ChatTurn]:
    before = _bare(_PREAMBLE.sub("", _bare(text[: marks[0].start()])))
    if before:
        yield ChatTurn("system", before)
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        said = _bare(text[mark.end() : end])
        system = _SYSTEM.match(said)
        if system is not None:
            yield ChatTurn("system", system["system"].strip())
            said = said[system.end() :].strip()
        yield ChatTurn(_role(mark["role"]), said)


def _bare(text: str) -> str:
    """Return *text* without surrounding spaces and control tokens."""
    before = ""
    while text != before:
        before, text = text, text.strip()
        for token in _CONTROL:
            text = text.removeprefix(token).removesuffix(token)
    return text
