"""Which raw copies may go, and why the others stay; nothing is read or deleted here.

Raw copies are what can be had again from the off-site copy and grows night by night: artefacts copied from runs,
the ledger and dataset that the next night has long continued, the mixture, the adapter, the samples. Manifests,
plans, records, receipts, scorecards, refusals, curves, reports, the archive and every release stay for ever.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ct_retrain.core.record import FileRef, Record
from ct_retrain.core.records.snapshot import Receipt

_RAW = (
    "benchmark/samples/",
    "collect/artefacts/",
    "collect/artefacts.pack",
    "collect/artefacts.sqlite",
    "collect/ledger.sqlite",
    "collect/traces.jsonl",
    "curate/dataset.jsonl",
    "curate/repairs.jsonl",
    "train/adapter/",
    "train/checkpoints/",
    "train/mixture.jsonl",
)


class Leaving(Record):
    """A night whose raw copies may go."""

    night: str
    files: tuple[FileRef, ...]
    """Relative to the workspace."""
    size: int


class Staying(Record):
    """A night that keeps what it has."""

    night: str
    why: str
    damaged: bool = False
    """Its off-site copy is not what its receipt says, or its files are not: somebody should look."""


class PurgePlan(Record):
    """What a purge deletes, and why it leaves the rest."""

    retention_days: int
    leaving: tuple[Leaving, ...]
    staying: tuple[Staying, ...]

    @property
    def damaged(self) -> bool:
        """Whether somebody should look."""
        return any(one.damaged for one in self.staying)


class Calendar(NamedTuple):
    """The nights that others rest on."""

    ended: Sequence[str]
    """Oldest first."""
    unfinished: Sequence[str]
    previous: Mapping[str, str | None]
    """Night → the one it continues."""
    served: str | None
    """Night of the release that is served."""
    predecessor: str | None
    """Night of the release that a rollback would serve."""
    mainline: str | None
    """Night that mainline's weights lie in."""


def is_raw(path: str) -> bool:
    """Whether *path*, relative to its night, is a raw copy."""
    return any(path == name or (name.endswith("/") and path.startswith(name)) for name in _RAW)


def needed(calendar: Calendar) -> dict[str, str]:
    """Night → why it may never be purged, however old it is; also those that a redo of the last night reads."""
    reasons: dict[str, str] = {}
    last = calendar.ended[-1] if calendar.ended else None
    for night in (*calendar.unfinished, last):
        before = calendar.previous.get(night) if night else None
        if before is not None:
            reasons[before] = f"night {night} continues it"
    marks = (
        (last, "the next night continues it"),
        (calendar.mainline, "mainline lies in it"),
        (calendar.predecessor, "a rollback would serve its release"),
        (calendar.served, "its release is served"),
        *((night, "it is unfinished") for night in calendar.unfinished),
    )
    return reasons | {night: why for night, why in marks if night is not None}


def too_soon(receipt: Receipt | None, retention_days: int, now: datetime) -> str | None:
    """Why a night that nobody needs stays all the same, as far as its receipt tells; None when its time is over."""
    if retention_days == 0:
        return "retention_days is 0: everything is kept"
    if receipt is None:
        return "it has no receipt of an off-site copy"
    due = receipt.since + timedelta(days=retention_days)
    return f"it is kept until {due:%Y-%m-%d %H:%M} UTC" if now < due else None


def edited(receipt: Receipt, present: Sequence[FileRef]) -> str | None:
    """Why the files that are *present* are not what *receipt* covers; None when it covers each."""
    covered = {one.path: one.sha256 for one in receipt.contents.files}
    for file in present:
        if file.path not in covered:
            return f"{file.path} is not in its off-site copy"
        if covered[file.path] != file.sha256:
            return f"{file.path} was changed since it was copied off-site"
    return None
