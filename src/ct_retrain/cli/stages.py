"""Stage names as options give them."""

from typing import get_args

from pydantic import TypeAdapter

from ct_retrain.core.night import StageName

STAGES: tuple[str, ...] = get_args(StageName)


def stage_name(text: str | None) -> StageName | None:
    """*text* as a StageName; click has checked it before."""
    return TypeAdapter(StageName).validate_python(text) if text else None
