"""How mainline is asked, in training and in the benchmark alike."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ct_retrain.core.record import Record


class ChatOptions(Record):
    """What a chat template leaves open; the same in training and in the benchmark."""

    model_config = ConfigDict(strict=False, use_attribute_docstrings=True)
    """Lenient, for they are settings too and the environment knows only text."""

    thinking: Literal["off", "on", "template"] = "off"
    """Whether a reasoning model thinks before it answers; `template` leaves it to the chat template's own default."""
    date: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    """The date that a chat template is told, YYYY-MM-DD; empty means today, so answers of earlier days are not reused."""
    template: Literal["own", "plain"] = "own"
    """`plain` gives a base model without a chat template the one of `docs/reference/models.md`."""
