"""The stages of a night in order; imports nothing, so that `--help` stays fast."""

from typing import Literal, get_args

StageName = Literal["collect", "curate", "train", "benchmark", "publish"]

STAGES: tuple[StageName, ...] = get_args(StageName)
"""In the order in which a night runs them."""


def stage_named(text: str | None) -> StageName | None:
    """Return the stage named *text*; None if there is none."""
    return next((stage for stage in STAGES if stage == text), None)
