"""What the team is told about a night."""

from typing import Literal

from ct_retrain.core.record import Record


class Notice(Record):
    """One message a night: the outcome in the first line, where to look in the last."""

    night: str
    level: Literal["info", "warning", "error"]
    title: str
    body: str
