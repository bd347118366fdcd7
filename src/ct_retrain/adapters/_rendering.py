"""Render turns by a tokenizer's chat template, with date and thinking mode fixed.

The template is given one date for as long as the process runs, so that every arm of a benchmark gets the same
prompt. A template that cannot be rendered is a UsageError that says what to do. Not covered: tools,
documents, images and system turns, which are never used.
"""

import functools
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.chat import ChatOptions

PLAIN = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}"
    "{{ '### Response:\n' + message['content'] + eos_token + '\n' }}{% else %}"
    "{{ '### Instruction:\n' + message['content'] + '\n\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}"
)
"""The template that `train.chat.template = "plain"` gives to a base model."""

_DIRECTIVES = "aAbBcdeDFGHIjklmMnpPRrSsTuUVwWxXyYzZ"
_REFUSED = "set train.mainline to another model, or correct the template in chat_template.jinja"


class ChatRendering:
    """The template of one tokenizer, and its variables besides the turns."""

    def __init__(self, tokenizer: Any, options: ChatOptions) -> None:
        self._tokenizer = tokenizer
        self.template = template_of(tokenizer, options)
        self._told = _told(options)
        self._day = _day(options)
        self._parts = False

    def asked(self, question: str) -> str:
        """Render *question* as a user's turn, up to where the assistant begins."""
        return self._render([question], begin=True)

    def answered(self, *turns: str) -> str:
        """Render *turns* of user and assistant, alternating, to the end of the last one."""
        return self._render(turns, begin=False)

    def in_parts(self) -> None:
        """From now on pass each turn's text as a list of one part, as templates of multimodal models may
        need.
        """
        self._parts = True

    @property
    def dated(self) -> bool:
        """Whether the template uses the date, and the settings give none."""
        return "strftime_now" in self.template and self._day.today

    def _render(self, turns: Sequence[str], *, begin: bool) -> str:
        messages = [
            {
                "role": ("user", "assistant")[place % 2],
                "content": [{"type": "text", "text": text}] if self._parts else text,
            }
            for place, text in enumerate(turns)
        ]
        template = self._day.prelude + self.template if "strftime_now" in self.template else self.template
        try:
            return str(
                self._tokenizer.apply_chat_template(
                    messages,
                    chat_template=template,
                    tokenize=False,
                    add_generation_prompt=begin,
                    **self._told,
                )
            )
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
            message = (
                f"the chat template of mainline renders no question with its answer ({error}): {_REFUSED}"
            )
            raise UsageError(message) from error


def template_of(tokenizer: Any, options: ChatOptions) -> str:
    """Return the text of the template; raise UsageError if there is none, or several without a default."""
    found: Any = tokenizer.chat_template or _legacy(tokenizer)
    if isinstance(found, dict):
        named: dict[str, str] = found
        if "default" not in named and len(named) > 1:
            message = f"mainline has chat templates {', '.join(sorted(named))} and none is named default: {_REFUSED}"
            raise UsageError(message)
        found = named.get("default") or next(iter(named.values()), "")
    if found:
        return str(found)
    if options.template == "plain":
        if not tokenizer.eos_token:
            message = "mainline has no chat template, and no end-of-sequence token to end an answer with: use another"
            raise UsageError(message)
        return PLAIN
    message = (
        f"the tokenizer in {tokenizer.name_or_path} has no chat template, as base models have none: use an instruct "
        'model, add chat_template.jinja, or set train.chat.template to "plain"'
    )
    raise UsageError(message)


def _legacy(tokenizer: Any) -> str:
    """Return the template that older multimodal models keep in the processor's file beside the tokenizer."""
    import json

    path = Path(str(tokenizer.name_or_path)) / "chat_template.json"
    if not path.is_file():
        return ""
    try:
        return str(json.loads(path.read_text("utf-8"))["chat_template"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} holds no chat template ({error!r}): fetch the model again") from error


def _told(options: ChatOptions) -> dict[str, Any]:
    """Return variables that templates of several families read; others ignore them."""
    told: dict[str, Any] = {}
    if options.thinking != "template":
        wanted = options.thinking == "on"
        told = {"enable_thinking": wanted, "thinking": wanted}
        if not wanted:
            told["thinking_budget"] = 0
    if options.date:
        told["date_string"] = f"{date.fromisoformat(options.date):%d %b %Y}"
    return told


class _Day:
    """The date for templates, as a macro in place of their clock."""

    def __init__(self, moment: datetime, *, today: bool) -> None:
        self.today = today
        said = [(f"%-{one}", moment.strftime(f"%{one}").lstrip("0 ") or "0") for one in "dmHIMSjyeklu"]
        said += [(f"%{one}", moment.strftime(f"%{one}")) for one in _DIRECTIVES]
        said = [("%%", "\0"), *said, ("\0", "%")]
        steps = "".join(f"|replace({name!r},{text!r})" for name, text in said)
        self.prelude = f"{{%- macro strftime_now(format='%Y-%m-%d') -%}}{{{{- format{steps} -}}}}{{%- endmacro -%}}{{{{- '' }}}}"


def _day(options: ChatOptions) -> _Day:
    return _Day(datetime.fromisoformat(options.date), today=False) if options.date else _today()


@functools.cache
def _today() -> _Day:
    # A template's own clock is beyond our settings; the fixed date cannot change between two arms.
    return _Day(datetime.now().astimezone(), today=True)
