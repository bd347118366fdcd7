"""Base class of a group of settings, and the settings for the layout of gold sets."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of settings that refuses unknown names; every field has a default and a description."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class GoldKeySettings(Section):
    """Keys of question and answer in gold and general data of another layout; dots lead into nested values."""

    question: str = ""
    """Key of the question, such as `task` or `meta.spec`; lines without this key are read as usual."""
    answer: str = ""
    """Key of the answer, such as `verilog` or `answers.0`."""
    input: str = ""
    """Key of a text that follows the question, if there is one."""
    licence: str = ""
    """Key of the licence; `licence` and `license`, also in `metadata`, are found without this."""
