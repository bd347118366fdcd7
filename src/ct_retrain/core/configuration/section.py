"""A closed group of settings, and the group that says where gold sets keep what they hold."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A closed group of settings; every field has a default and says what it is for."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class GoldKeySettings(Section):
    """Where gold and general data keep question and answer, if it is not where most do; dots lead into what is nested."""

    question: str = ""
    """Key of the question, such as `task` or `meta.spec`; lines without it are read as usual."""
    answer: str = ""
    """Key of the answer, such as `verilog` or `answers.0`."""
    input: str = ""
    """Key of a text that follows the question, if there is one."""
    licence: str = ""
    """Key of the licence; `licence`, `license` and those in `metadata` are known."""
