"""Turn questions and answers into tokens by mainline's chat template, for training and measuring alike.

- What is trained after a question is what the template puts there, including its ending.
- The model is prompted exactly as it was trained, and an answer stops at every token that can end a turn.
- The template's behaviour is found by rendering a question and an answer, not from its name or text.
- A template that changes their text, or ends an answer without a control token, is refused with an
  explanation.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.adapters import _modelling
from ct_retrain.adapters._rendering import ChatRendering
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import digest
from ct_retrain.core.records.chat import ChatOptions
from ct_retrain.core.records.problem import Prompt
from ct_retrain.core.rules.thoughts import (
    closing,
    left_open,
    mentions_thought,
    split_thoughts,
    without_opening,
)

_QUESTION = "Write qZ7:\n  a <= b & c; // \"d\", 'e'"
_ANSWER = "module qZ8;\n  a <= b & \"c\"; // 'd'\nendmodule"
_NEXT = "Now qZ9"
_DOCUMENT_ENDS = frozenset(
    {"<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|endoftext|>", "<|EOT|>", "<end_of_turn>"}
    | {"<\uff5cend\u2581of\u2581sentence\uff5c>", "</s>", "<eos>"}
)
"""Tokens that are only used as an end in every family that has them."""

_CHANNELS = frozenset({"<|channel|>", "<|message|>", "<|start|>", "<|end|>"})
_SPELLED = re.compile(r"<[|\uff5c].+[|\uff5c]>")


class _Frame(NamedTuple):
    """What the template puts around an answer."""

    header: str
    """Text after the rendered question in every prompt."""
    lead: str
    """Text trained before an answer without thoughts."""
    opened: str
    """The thought that every prompt leaves open; "" if none."""
    ending: str
    """Text trained after every answer: up to and including the control token that ends the turn."""
    stop: int
    others: frozenset[int]
    """Further control tokens after it."""
    strips: tuple[bool, bool]
    """Whether the template strips blanks from the start and the end of an answer."""


class Chat:
    """One tokenizer with its chat template, as training and measuring use it."""

    def __init__(self, tokenizer: Any, options: ChatOptions) -> None:
        """Examine the template; raise UsageError if mainline cannot be trained or measured with it."""
        self.tokenizer = tokenizer
        self._rendering = ChatRendering(tokenizer, options)
        self._controls = _controls(tokenizer)
        self._marks = _marks(self._controls)
        self._frame = _framed(self._rendering, self._controls, options)
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(self._frame.stop)

    def prompt(self, question: str) -> str:
        """Return the prompt of *question*, up to where the answer begins."""
        return self._rendering.asked(question) + self._frame.header

    def prompt_ids(self, question: str) -> list[int]:
        """Return the prompt as token ids; the template adds its own begin-of-sequence token."""
        return self._ids(self.prompt(question))

    def pair(self, question: str, answer: str) -> tuple[list[int], list[int]]:
        """Return a training row: the prompt, and the trained text after it, *answer* and its ending.

        Text in *answer* that looks like a control token stays text.
        """
        frame, asked, text = self._frame, self.prompt(question), self._written(answer)
        before = self._ids(asked)
        if not any(token in text for token in self._controls if token not in self._marks):
            whole = self._ids(asked + text + frame.ending)
            if whole[: len(before)] == before and whole[-1] == frame.stop:
                return before, whole[len(before) :]
        lead = frame.lead if text.startswith(frame.lead) else ""
        plain = self.tokenizer(text[len(lead) :], add_special_tokens=False, split_special_tokens=True)
        return before, [*(self._ids(lead) if lead else []), *plain["input_ids"], *self._ids(frame.ending)]

    def _written(self, answer: str) -> str:
        frame = self._frame
        if frame.strips[0]:
            answer = answer.lstrip()
        if frame.strips[1]:
            answer = answer.rstrip()
        if not mentions_thought(answer):
            return frame.lead + answer
        lead = "" if mentions_thought(frame.lead) else frame.lead
        return lead + (without_opening(answer) if frame.opened else answer)

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def stops(self, configured: Iterable[int | None]) -> frozenset[int]:
        """Return every token that can end a turn; *configured* are those of the model's own configuration."""
        known = {id_ for token, id_ in self._controls.items() if token in _DOCUMENT_ENDS}
        found = {*configured, self.tokenizer.eos_token_id, self._frame.stop, *self._frame.others, *known}
        return frozenset(token for token in found if token is not None)

    @property
    def opened(self) -> str:
        """The thought that every prompt leaves open, with its mark; "" if the model begins with its answer."""
        return self._frame.opened

    @property
    def ending(self) -> tuple[int, ...]:
        """The tokens trained after every answer; the last one ends the turn."""
        return tuple(self._ids(self._frame.ending))

    @property
    def dated(self) -> bool:
        """Whether prompts contain today's date, so that tomorrow's differ."""
        return self._rendering.dated

    def said(self, ids: Sequence[int]) -> str:
        """Decode *ids*, drawn after a prompt, with the thought that the prompt opened, and marks of thoughts."""
        dropped = {id_ for token, id_ in self._controls.items() if token not in self._marks}
        kept = [one for one in ids if one not in dropped]
        return self._frame.opened + str(self.tokenizer.decode(kept, clean_up_tokenization_spaces=False))

    def answer(self, ids: Sequence[int]) -> str:
        """Decode a finished answer, whose last token is left out of *ids*, without the text of the ending."""
        ending = self._frame.ending.removesuffix(self._spelled(self._frame.stop))
        return self.said(ids).removesuffix(ending)

    @property
    def thinks(self) -> bool:
        """Whether the template has thoughts, so that its model may think before it answers."""
        return mentions_thought(self._rendering.template) or "enable_thinking" in self._rendering.template

    def check_vocabulary(self, config: Any) -> None:
        """Raise UsageError if a prompt or an ending holds a token outside the vocabulary of *config*."""
        size: int | None = getattr(config.get_text_config(), "vocab_size", None)
        highest = max([*self.prompt_ids(_QUESTION), *self.ending])
        if size is not None and highest >= size:
            token = self.tokenizer.convert_ids_to_tokens(highest)
            raise UsageError(
                f"the chat template uses {token!r}, token {highest}, and mainline's vocabulary ends at {size}: take "
                "tokenizer and weights from the same model, or resize its embeddings"
            )

    def _spelled(self, token: int) -> str:
        return next((text for text, id_ in self._controls.items() if id_ == token), "")

    def digest(self, prompts: Sequence[Prompt], stops: Iterable[int]) -> str:
        """Return a digest of what the model reads for *prompts*, and of what ends its answers."""
        asked = (text for prompt in prompts for text in (prompt.id, self.prompt(prompt.text)))
        return digest(*map(str, sorted(stops)), self._frame.opened, *asked)


def chat_of(directory: Path, options: ChatOptions) -> Chat:
    """Return the chat of the model in *directory*; raise UsageError, with what to do, if there is none."""
    config = _modelling.kind_of(directory)
    chat = Chat(_modelling.load_tokenizer(directory), options)
    chat.check_vocabulary(config)
    return chat


def _controls(tokenizer: Any) -> dict[str, int]:
    """Return control tokens by their text: special ones, and others spelled like them."""
    added: dict[int, Any] = tokenizer.added_tokens_decoder
    found = {
        str(token): id_
        for id_, token in added.items()
        if str(token).strip() and (token.special or _SPELLED.fullmatch(str(token)))
    }
    if tokenizer.eos_token_id is not None:
        found[str(tokenizer.eos_token)] = int(tokenizer.eos_token_id)
    return found


def _marks(controls: Iterable[str]) -> frozenset[str]:
    """Return control tokens that mark the beginning or end of a thought, which stay in the text."""
    channels = _CHANNELS if "<|channel|>" in controls else frozenset[str]()
    return channels | {token for token in controls if mentions_thought(token)}


def _framed(rendering: ChatRendering, controls: dict[str, int], options: ChatOptions) -> _Frame:
    asked, answered = _probed(rendering)
    begun = asked.rpartition(_QUESTION)[2]
    opened = left_open(begun)
    shut = f"\n{closing(opened)}\n\n" if opened else ""
    header = shut if options.thinking == "off" else ""
    head, _, tail = answered.rpartition(_ANSWER)
    lead = head[len(asked + header) :] if head.startswith(asked + header) else ""
    if split_thoughts(lead).answer.strip():  # the template's question ends before the assistant's turn begins
        header, lead = header + lead, ""
    if opened and options.thinking != "off":
        lead = shut
    ending, stop, others = _ended(tail, rendering, controls)
    return _Frame(
        header=header,
        lead=lead,
        opened=opened if options.thinking != "off" else "",
        ending=ending,
        stop=stop,
        others=others,
        strips=_strips(rendering, head, tail),
    )


def _probed(rendering: ChatRendering) -> tuple[str, str]:
    """Render a question, and it with its answer; raise UsageError if their text is not kept."""
    try:
        return _verbatim(rendering)
    except UsageError as error:
        rendering.in_parts()
        try:
            return _verbatim(rendering)
        except UsageError:
            raise error from None


def _verbatim(rendering: ChatRendering) -> tuple[str, str]:
    asked, answered = rendering.asked(_QUESTION), rendering.answered(_QUESTION, _ANSWER)
    if _QUESTION in asked and _QUESTION in answered and _ANSWER in answered:
        return asked, answered
    raise UsageError(
        "the chat template of mainline does not render a question and its answer word for word, so other text would "
        "be learned than is asked: set train.mainline to another model, or correct the template in chat_template.jinja"
    )


def _ended(tail: str, rendering: ChatRendering, controls: dict[str, int]) -> tuple[str, int, frozenset[int]]:
    """Return what ends an answer: the text up to its control token, that token, and those that follow it.

    If the last answer of a chat has no end of its own, the token before the next question is taken.
    """
    found = _tokens_in(tail, controls)
    if not found:
        tail = _between(rendering)
        found = _tokens_in(tail, controls)[:1]
    if not found:
        raise UsageError(
            "the chat template does not end an answer with a special token: the model could never learn to stop; use "
            "another model, or let the template end the assistant's turn with its end-of-sequence token"
        )
    end, token = found[0]
    return tail[:end], controls[token], frozenset(controls[token] for _, token in found[1:])


def _between(rendering: ChatRendering) -> str:
    """Return what stands between an answer and the next question."""
    try:
        whole = rendering.answered(_QUESTION, _ANSWER, _NEXT)
    except UsageError:
        return ""
    return whole.rpartition(_ANSWER)[2].partition(_NEXT)[0]


def _tokens_in(text: str, controls: dict[str, int]) -> list[tuple[int, str]]:
    """Return the control tokens of *text* in order, with their ends; of two at one place the longer."""
    found: list[tuple[int, str]] = []
    place = 0
    while hits := [(at, -len(token), token) for token in controls if (at := text.find(token, place)) >= 0]:
        at, length, token = min(hits)
        place = at - length
        found.append((place, token))
    return found


def _strips(rendering: ChatRendering, head: str, tail: str) -> tuple[bool, bool]:
    spaced = rendering.answered(_QUESTION, f"\n\n{_ANSWER}\n\n")
    before, _, after = spaced.rpartition(_ANSWER)
    return before == head, after == tail
