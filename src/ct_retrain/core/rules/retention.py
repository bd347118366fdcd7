"""Which raw copies may be deleted, and why the others stay; nothing is read or deleted here.

- Raw copies can be restored from the off-site copy: artefacts, a superseded ledger and dataset, the mixture,
  the adapter, the samples.
- Kept for good: manifests, plans, records, receipts, scorecards, refusals, curves, reports, the archive, all
  releases.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    "curate/preferences.jsonl",
    "curate/repairs.jsonl",
    "train/adapter/",
    "train/checkpoints/",
    "train/mixture.jsonl",
    "train/preferences.jsonl",
)
_CHALLENGER = re.compile(r"^train/challengers/[^/]+/")


class PurgeableNight(Record):
    """A night whose raw copies may be deleted."""

    night: str
    files: tuple[FileRef, ...]
    """Paths relative to the workspace."""
    size: int


class KeptNight(Record):
    """A night that keeps its files, and why."""

    night: str
    why: str
    damaged: bool = False
    """Whether its off-site copy or its files differ from the receipt: a person should look."""


class PurgePlan(Record):
    """What a purge deletes, and why it leaves the rest."""

    retention_days: int
    leaving: tuple[PurgeableNight, ...]
    staying: tuple[KeptNight, ...]

    @property
    def damaged(self) -> bool:
        """Whether a person should look at a damaged night."""
        return any(one.damaged for one in self.staying)


class NightDependencies(NamedTuple):
    """Which nights depend on which."""

    ended: Sequence[str]
    """Finished nights, oldest first."""
    unfinished: Sequence[str]
    previous: Mapping[str, str | None]
    """Night → the night that it continues."""
    served: str | None
    """Night of the served release."""
    predecessor: str | None
    """Night of the release that a rollback would serve."""
    mainline: str | None
    """Night in whose directory mainline's weights are."""


def is_raw(path: str) -> bool:
    """Whether *path*, relative to its night, is a raw copy; of a challenger's training the same is as of the night's own."""
    path = _CHALLENGER.sub("train/", path)
    return any(path == name or (name.endswith("/") and path.startswith(name)) for name in _RAW)


def raw_places(challengers: Iterable[str]) -> Iterator[str]:
    """Yield every path below which raw copies of a night can be that trained *challengers*."""
    yield from _RAW
    for one in challengers:
        yield from (
            f"train/challengers/{one}/{name.removeprefix('train/')}"
            for name in _RAW
            if name.startswith("train/")
        )


def needed(calendar: NightDependencies) -> dict[str, str]:
    """Return night → why it may never be purged, including nights that a redo of the last night reads."""
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
    """Return why a night is not old enough according to its receipt; None if it is."""
    if retention_days == 0:
        return "retention_days is 0: everything is kept"
    if receipt is None:
        return "it has no receipt of an off-site copy"
    due = receipt.since + timedelta(days=retention_days)
    return f"it is kept until {due:%Y-%m-%d %H:%M} UTC" if now < due else None


def changed_since_copy(receipt: Receipt, present: Sequence[FileRef]) -> str | None:
    """Return why the files *present* differ from those that *receipt* covers; None if they do not."""
    covered = {one.path: one.sha256 for one in receipt.contents.files}
    for file in present:
        if file.path not in covered:
            return f"{file.path} is not in its off-site copy"
        if covered[file.path] != file.sha256:
            return f"{file.path} was changed since it was copied off-site"
    return None
