"""The stages of a night in their order; imports nothing, for the command line's help names them."""

from typing import Literal, get_args

StageName = Literal["collect", "curate", "train", "benchmark", "publish"]

STAGES: tuple[StageName, ...] = get_args(StageName)
"""In the order in which a night goes through them."""


def stage_named(text: str | None) -> StageName | None:
    """The stage called *text*; None where there is none."""
    return next((stage for stage in STAGES if stage == text), None)
