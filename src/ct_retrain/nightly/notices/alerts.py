"""Alerts other than a night's outcome: it broke, could not start, disk space is low; and the dead-man's switch."""

import json
import shutil
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ct_retrain import disk
from ct_retrain.breakdowns import BROKEN
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.records.night import NightRecord, Provenance
from ct_retrain.core.records.notice import Beat
from ct_retrain.core.stage import STAGES
from ct_retrain.core.workspace import MANIFEST, NIGHT_LOG, PLAN, Workspace
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.notices import messages, outbox
from ct_retrain.nightly.records import archive, index

_LOG = structlog.get_logger("ct_retrain.nightly")
_LINES = 8
"""Number of lines of the night's log in a notice."""
_TAIL = 64 << 10
_WIDTH = 200
_SUCCESS = "success"


def report_failure(
    workspace: Workspace, settings: Settings, ports: Ports, night: str, error: Exception
) -> None:
    """Archive what is known of a failure and notify the team; the night stays open and can be resumed."""
    log = tuple(_log_tail(workspace.night(night) / NIGHT_LOG))
    trace = archive.redacted("".join(traceback.format_exception(error)), settings)
    try:
        where = archive.keep_failure(workspace, night, _environment(ports), trace)
    except (CtRetrainError, OSError) as full:  # the first failure is the one that is reported
        _LOG.error("night not archived", reason=str(full), traceback=trace)
        where = f"in the log; {full}"
    failure = Breakdown(
        night=night,
        at=datetime.now(UTC),
        stage=_failing(workspace, night),
        kind=type(error).__name__,
        said=archive.redacted(str(error), settings),
        traceback=where,
        log=log,
    )
    outbox.post(workspace, ports.notifier, messages.breakdown(failure, _page(workspace, ports, failure)))


def _page(workspace: Workspace, ports: Ports, failure: Breakdown) -> str:
    """Store *failure* and write its page; return the page's path, "" if there is none."""
    try:
        disk.write_record(disk.make_directory(workspace.archive / failure.night) / BROKEN, failure)
        if ports.reporter is not None:
            return workspace.relative(ports.reporter(workspace, failure))
    except Exception as error:  # noqa: BLE001 - whatever the page lacks, the team is told that the night broke
        _LOG.error("page of the broken night not written", reason=str(error))
    return ""


def _environment(ports: Ports) -> Provenance | None:
    """Return the night's environment; None if the tool that failed cannot even report its version."""
    try:
        return ports.provenance()
    except CtRetrainError:
        return None


def report_locked(workspace: Workspace, ports: Ports, night: str) -> None:
    """Notify that *night* could not start; not if the same night is running, because a schedule tries several times."""
    opened = [plan.night for plan in index.open_nights(workspace)]
    if night in opened:
        return
    holder = disk.holder(workspace.lock)
    process = f"process {holder.pid} on {holder.host}" if holder else "a process that has just ended"
    who = f"night {opened[-1]} ({process})" if opened else process
    outbox.post(workspace, ports.notifier, messages.locked(night, who))


def report_low_disk(workspace: Workspace, settings: Settings, ports: Ports, night: str) -> None:
    """Notify once per night that disk space is low."""
    wanted = settings.notices.min_free_gb
    places = [place for place in (workspace.work, workspace.models, workspace.archive) if place.exists()]
    free, place = min((shutil.disk_usage(place).free, str(place)) for place in places)
    if free < wanted * 1e9:
        outbox.post(workspace, ports.notifier, messages.disk_low(night, free, wanted, place))


def ping(ports: Ports, what: Beat, words: str) -> bool:
    """Ping the dead-man's switch, if there is one; return whether it worked. A failure is only logged."""
    try:
        if ports.heartbeat is not None:
            ports.heartbeat.ping(what, words)
    except CtRetrainError as error:
        _LOG.warning("heartbeat not heard", beat=what, reason=str(error))
        return False
    return True


def ping_success(workspace: Workspace, ports: Ports, record: NightRecord) -> None:
    """Ping once for a night that is over, also if held or rejected, because the job did its work."""
    mark = workspace.outbox / record.night / _SUCCESS
    if ports.heartbeat is None or mark.exists():
        return
    if ping(ports, "success", f"{record.night}: {record.outcome.value}"):
        disk.make_directory(mark.parent)
        disk.write_text(mark, "pinged\n")


def _failing(workspace: Workspace, night: str) -> str:
    """Return the stage in which, or before which, a broken night stopped."""
    if not (workspace.night(night) / PLAN).exists():
        return "opening"
    missing = (stage for stage in STAGES if not (workspace.stage(night, stage) / MANIFEST).exists())
    return next(missing, "closing")


def _log_tail(log: Path) -> Iterator[str]:
    """Yield the last lines of the night's *log* as readable text, without progress lines."""
    if not log.is_file():
        return
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        lines = file.read().splitlines()
    told: list[str] = []
    for line in lines:
        with suppress(ValueError, KeyError, AttributeError):
            event = json.loads(line)
            rest = {
                name: value
                for name, value in event.items()
                if name not in {"event", "timestamp", "night", "level"}
            }
            words = " ".join(f"{name}={value}" for name, value in rest.items())
            if event["event"] != "progress":
                told.append(
                    f"{event['timestamp'][11:19]} {event['level']}: {event['event']} {words}"[
                        :_WIDTH
                    ].rstrip()
                )
    yield from told[-_LINES:]
