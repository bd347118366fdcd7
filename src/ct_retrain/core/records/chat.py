"""How mainline is prompted, in training and in the benchmark alike."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ct_retrain.core.record import Record


class ChatOptions(Record):
    """Options of the chat template; the same in training and in the benchmark."""

    model_config = ConfigDict(strict=False, use_attribute_docstrings=True)
    """Lenient, because environment variables are text."""

    thinking: Literal["off", "on", "template"] = "off"
    """Whether a reasoning model thinks before it answers; `template` uses the chat template's own default."""
    date: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    """Date for the chat template, YYYY-MM-DD; empty is today, so answers of earlier days are not reused."""
    template: Literal["own", "plain"] = "own"
    """`plain` gives a base model without a chat template the one of `docs/reference/models.md`."""
