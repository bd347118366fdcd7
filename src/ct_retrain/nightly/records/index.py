"""The index of nights: which ended, which are open, and the plan that a new one starts from."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ct_retrain import disk
from ct_retrain.breakdowns import broken_nights
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.records.night import NightPlan, NightRecord, night_order
from ct_retrain.core.workspace import PLAN, Workspace
from ct_retrain.releases import latest


def records(workspace: Workspace) -> list[NightRecord]:
    """Return every night that is over, oldest first; raise CorruptStateError if a record cannot be read."""
    return [disk.read_record(workspace.record(night), NightRecord) for night in ended_nights(workspace)]


def newest_first(workspace: Workspace) -> Iterator[NightRecord]:
    """Yield every night that is over, latest first, each read when it is asked for."""
    for night in reversed(ended_nights(workspace)):
        yield disk.read_record(workspace.record(night), NightRecord)


def ended_nights(workspace: Workspace) -> list[str]:
    """Return the ids of all nights that are over, oldest first."""
    return sorted((path.stem for path in workspace.records.glob("*.json")), key=night_order)


def last_record(workspace: Workspace) -> NightRecord | None:
    """Return the latest night that is over."""
    nights = ended_nights(workspace)
    return disk.read_record(workspace.record(nights[-1]), NightRecord) if nights else None


def record_of(workspace: Workspace, night: str | None) -> NightRecord:
    """Return the record of *night*, or of the last one if None; raise UsageError if there is none."""
    path = workspace.record(night) if night else None
    record = disk.read_record(path, NightRecord) if path and path.exists() else last_record(workspace)
    if record is None or (night and record.night != night):
        message = f"no night {night or 'at all'} on record; `ct-retrain status` lists them"
        raise UsageError(message)
    return record


def broken_at(workspace: Workspace, night: str | None) -> Breakdown | None:
    """Return how *night* broke, if it is not over; for None, of a night later than all that ended."""
    broken = broken_nights(workspace)
    if night is not None:
        return next((one for one in broken if one.night == night), None)
    last = last_record(workspace)
    later = [one for one in broken if last is None or night_order(one.night) > night_order(last.night)]
    return later[-1] if later else None


def gold_before(workspace: Workspace) -> int:
    """Return the number of gold rows in the last night that trained; 0 if none did, or its record does not say."""
    for record in newest_first(workspace):
        if record.metrics.get("train.rows"):
            return int(record.metrics.get("train.gold", 0))
    return 0


def open_nights(workspace: Workspace) -> list[NightPlan]:
    """Return nights that were started and have no record: running, or waiting to be resumed."""
    started = workspace.work.glob(f"*/{PLAN}")
    waiting = [path for path in started if not workspace.record(path.parent.name).exists()]
    plans = [disk.read_record(path, NightPlan) for path in waiting]
    return sorted(plans, key=lambda plan: night_order(plan.night))


def night_id(asked: str | None, zone: str) -> str:
    """Return the id *asked*, or today's in *zone* if that is None; raise UsageError if it is not a date."""
    if asked is None:
        return tonight(zone)
    day, dot, number = asked.partition(".")
    try:
        if day != date.fromisoformat(day).isoformat() or (dot and not number.isdecimal()):
            raise ValueError
    except ValueError:
        message = (
            f"night {asked!r} is not a date: write YYYY-MM-DD, or YYYY-MM-DD.2 for a second night of that day"
        )
        raise UsageError(message) from None
    return asked


def tonight(zone: str) -> str:
    """Return the id of tonight: today's date in *zone* (the machine's zone if empty)."""
    try:
        here = ZoneInfo(zone) if zone else None
    except ZoneInfoNotFoundError as error:
        message = f"setting timezone: there is no time zone {zone!r}; use an IANA name such as Europe/Berlin"
        raise UsageError(message) from error
    return datetime.now(UTC).astimezone(here).date().isoformat()


def open_plan(workspace: Workspace, night: str, latest_day: str = "", *, again: bool = False) -> NightPlan:
    """Return the frozen plan of *night*: the one on disk if it was started before, else a new one, durably.

    Raise UsageError if a later night is already over, because nights only go forward, and for a new night after
    *latest_day*, if given. A new night with *again* trains although nothing is new.
    """
    path = workspace.night(night) / PLAN
    if path.exists():
        return disk.read_record(path, NightPlan)
    if latest_day and night_order(night)[0] > latest_day:
        message = (
            f"night {night} is in the future (today is {latest_day}), and no earlier night could start after it; "
            "to start it nevertheless: --ahead"
        )
        raise UsageError(message)
    last = last_record(workspace)
    if last is not None and night_order(last.night) > night_order(night):
        message = (
            f"night {last.night} is already over: {night} can no longer start; is the clock right? If it is, use "
            f"--night {_after(last.night)}; to remove {last.night}: ct-retrain forget {last.night}"
        )
        raise UsageError(message)
    plan = new_plan(workspace, night, again=again)
    disk.make_directory(path.parent)
    disk.write_record(path, plan)
    return plan


def new_plan(workspace: Workspace, night: str, *, again: bool) -> NightPlan:
    """Return the plan of *night* as it would start now; write nothing."""
    last = last_record(workspace)
    return NightPlan(
        night=night,
        started=datetime.now(UTC),
        previous=last.night if last else None,
        champion=latest(workspace.models),
        again=again,
    )


def next_free_night(workspace: Workspace, night: str) -> str:
    """Return *night*, or if it is over, the first id of its date that is not."""
    while workspace.record(night).exists():
        night = _after(night)
    return night


def _after(night: str) -> str:
    """Return the first id after *night* with the same date."""
    date, number = night_order(night)
    return f"{date}.{number + 1}"
