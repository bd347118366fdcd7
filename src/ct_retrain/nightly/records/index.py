"""The nights on record: which ended, which are open, and the plan a new one starts from."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.night import NightPlan, NightRecord, night_order
from ct_retrain.core.workspace import PLAN, Workspace
from ct_retrain.stages.publish import latest


def records(workspace: Workspace) -> list[NightRecord]:
    """Every night that is over, oldest first; raise CorruptStateError for a record that is not ours."""
    paths = sorted(workspace.records.glob("*.json"), key=lambda path: night_order(path.stem))
    return [disk.read_record(path, NightRecord) for path in paths]


def last_record(workspace: Workspace) -> NightRecord | None:
    """The latest night that is over."""
    paths = sorted(workspace.records.glob("*.json"), key=lambda path: night_order(path.stem))
    return disk.read_record(paths[-1], NightRecord) if paths else None


def record_of(workspace: Workspace, night: str | None) -> NightRecord:
    """The record of *night*, of the last one if None; raise UsageError when there is none."""
    path = workspace.record(night) if night else None
    record = disk.read_record(path, NightRecord) if path and path.exists() else last_record(workspace)
    if record is None or (night and record.night != night):
        message = f"no night {night or 'at all'} on record; `ct-retrain status` lists them"
        raise UsageError(message)
    return record


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


def tonight(zone: str) -> str:
    """The night's id: today's date in *zone* (the machine's when empty)."""
    try:
        here = ZoneInfo(zone) if zone else None
    except ZoneInfoNotFoundError as error:
        message = f"setting timezone: no zone is named {zone!r}; use an IANA name such as Europe/Berlin"
        raise UsageError(message) from error
    return datetime.now(UTC).astimezone(here).date().isoformat()


def open_plan(workspace: Workspace, night: str) -> NightPlan:
    """The frozen plan of *night*: the one on disk when it was started before, else a new one, durably.

    Raise UsageError when a later night is already over: nights only go forward.
    """
    path = workspace.night(night) / PLAN
    if path.exists():
        return disk.read_record(path, NightPlan)
    last = last_record(workspace)
    if last is not None and night_order(last.night) > night_order(night):
        message = (
            f"night {last.night} is already over: {night} can no longer start; is the clock right? If it is, use "
            f"--night {_after(last.night)}"
        )
        raise UsageError(message)
    plan = NightPlan(
        night=night,
        started=datetime.now(UTC),
        previous=last.night if last else None,
        champion=latest(workspace.models),
    )
    disk.make_directory(path.parent)
    disk.write_record(path, plan)
    return plan


def _after(night: str) -> str:
    """The first id after *night* that still has its date."""
    date, number = night_order(night)
    return f"{date}.{number + 1}"
