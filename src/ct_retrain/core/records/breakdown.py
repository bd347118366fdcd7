"""What is kept of a try of a night that broke, for people: the night's record is written only when it ends."""

from pydantic import AwareDatetime

from ct_retrain.core.record import Record
from ct_retrain.core.records.night import NightId


class Breakdown(Record):
    """`broken.json` in the archive of a night: its last try that broke."""

    night: NightId
    at: AwareDatetime
    stage: str
    """Stage it stopped in; `opening` or `closing` where it was in none."""
    kind: str
    """Type of the exception."""
    said: str
    """Its message, without secrets."""
    traceback: str
    """Where that was written, relative to the workspace; the rest of the archive lies beside it."""
    log: tuple[str, ...]
    """The last things that the night said."""

    @property
    def remedy(self) -> str:
        """What a person does next, before the command."""
        return "correct what the error names, then go on where it stopped"

    @property
    def again(self) -> str:
        """The command that goes on where it stopped."""
        return f"ct-retrain run --night {self.night}"
