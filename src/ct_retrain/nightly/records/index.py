"""The nights on record: which ended, which are open, and the plan a new one starts from."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.records.night import NightPlan, NightRecord, night_order
from ct_retrain.core.workspace import PLAN, Workspace
from ct_retrain.report import broken_nights
from ct_retrain.stages.publish import latest


def records(workspace: Workspace) -> list[NightRecord]:
    """Every night that is over, oldest first; raise CorruptStateError for a record that is not ours."""
    return [disk.read_record(workspace.record(night), NightRecord) for night in ended_nights(workspace)]


def ended_nights(workspace: Workspace) -> list[str]:
    """Every night that is over, oldest first."""
    return sorted((path.stem for path in workspace.records.glob("*.json")), key=night_order)


def last_record(workspace: Workspace) -> NightRecord | None:
    """The latest night that is over."""
    nights = ended_nights(workspace)
    return disk.read_record(workspace.record(nights[-1]), NightRecord) if nights else None


def record_of(workspace: Workspace, night: str | None) -> NightRecord:
    """The record of *night*, of the last one if None; raise UsageError when there is none."""
    path = workspace.record(night) if night else None
    record = disk.read_record(path, NightRecord) if path and path.exists() else last_record(workspace)
    if record is None or (night and record.night != night):
        message = f"no night {night or 'at all'} on record; `ct-retrain status` lists them"
        raise UsageError(message)
    return record


def broken_at(workspace: Workspace, night: str | None) -> Breakdown | None:
    """How *night* broke, where it is not over; where *night* is None, of one that is later than all that ended."""
    broken = broken_nights(workspace)
    if night is not None:
        return next((one for one in broken if one.night == night), None)
    last = last_record(workspace)
    later = [one for one in broken if last is None or night_order(one.night) > night_order(last.night)]
    return later[-1] if later else None


def gold_before(workspace: Workspace) -> int:
    """Rows of gold that the last night that trained had; 0 where none did, or its record does not say."""
    for record in reversed(records(workspace)):
        if record.metrics.get("train.rows"):
            return int(record.metrics.get("train.gold", 0))
    return 0


def open_nights(workspace: Workspace) -> list[NightPlan]:
    """Nights that were started and have no record: running, or waiting to be resumed."""
    plans = [disk.read_record(path, NightPlan) for path in workspace.work.glob(f"*/{PLAN}")]
    waiting = [plan for plan in plans if not workspace.record(plan.night).exists()]
    return sorted(waiting, key=lambda plan: night_order(plan.night))


def night_id(asked: str | None, zone: str) -> str:
    """The id *asked* for, or today's in *zone* where that is None; raise UsageError for what is no date."""
    if asked is None:
        return tonight(zone)
    day, dot, number = asked.partition(".")
    try:
        if day != date.fromisoformat(day).isoformat() or (dot and not number.isdecimal()):
            raise ValueError
    except ValueError:
        message = (
            f"night {asked!r} is no date: write YYYY-MM-DD, or YYYY-MM-DD.2 for a second night of that day"
        )
        raise UsageError(message) from None
    return asked


def tonight(zone: str) -> str:
    """The night's id: today's date in *zone* (the machine's when empty)."""
    try:
        here = ZoneInfo(zone) if zone else None
    except ZoneInfoNotFoundError as error:
        message = f"setting timezone: no zone is named {zone!r}; use an IANA name such as Europe/Berlin"
        raise UsageError(message) from error
    return datetime.now(UTC).astimezone(here).date().isoformat()


def open_plan(workspace: Workspace, night: str, latest_day: str = "", *, again: bool = False) -> NightPlan:
    """The frozen plan of *night*: the one on disk when it was started before, else a new one, durably.

    Raise UsageError when a later night is already over, for nights only go forward, and for a new night after
    *latest_day*, where one is given. A new night that runs *again* trains although nothing is new.
    """
    path = workspace.night(night) / PLAN
    if path.exists():
        return disk.read_record(path, NightPlan)
    if latest_day and night_order(night)[0] > latest_day:
        message = (
            f"night {night} is still to come (today is {latest_day}), and no earlier night could start after it; "
            "if that is meant: --ahead"
        )
        raise UsageError(message)
    last = last_record(workspace)
    if last is not None and night_order(last.night) > night_order(night):
        message = (
            f"night {last.night} is already over: {night} can no longer start; is the clock right? If it is, use "
            f"--night {_after(last.night)}; if {last.night} should not be: ct-retrain forget {last.night}"
        )
        raise UsageError(message)
    plan = new_plan(workspace, night, again=again)
    disk.make_directory(path.parent)
    disk.write_record(path, plan)
    return plan


def new_plan(workspace: Workspace, night: str, *, again: bool) -> NightPlan:
    """The plan of *night* as it would start now; nothing is written."""
    last = last_record(workspace)
    return NightPlan(
        night=night,
        started=datetime.now(UTC),
        previous=last.night if last else None,
        champion=latest(workspace.models),
        again=again,
    )


def next_free_night(workspace: Workspace, night: str) -> str:
    """*night*, or where that is over the first id of its date that is not."""
    while workspace.record(night).exists():
        night = _after(night)
    return night


def _after(night: str) -> str:
    """The first id after *night* that still has its date."""
    date, number = night_order(night)
    return f"{date}.{number + 1}"
