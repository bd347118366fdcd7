"""Stage names as options give them."""

from pydantic import TypeAdapter

from ct_retrain.core.records.night import StageName


def stage_name(text: str | None) -> StageName | None:
    """*text* as a StageName; click has checked it before."""
    return TypeAdapter(StageName).validate_python(text) if text else None
