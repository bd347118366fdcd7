"""What is worth telling beside a night's outcome: it broke, could not start, has little room; and the dead-man's switch."""

import json
import shutil
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.core.records.night import NightRecord, Provenance
from ct_retrain.core.records.notice import Beat
from ct_retrain.core.stage import STAGES
from ct_retrain.core.workspace import MANIFEST, NIGHT_LOG, PLAN, Workspace
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.notices import messages, outbox
from ct_retrain.nightly.records import archive, index

_LOG = structlog.get_logger("ct_retrain.nightly")
_LINES = 8
"""Of the night's log, in a notice."""
_TAIL = 64 << 10
_WIDTH = 200
_SUCCESS = "success"


def broke(workspace: Workspace, settings: Settings, ports: Ports, night: str, error: Exception) -> None:
    """Archive what is known of a failure and tell the team; the night stays open and can be resumed."""
    log = tuple(_last_words(workspace.night(night) / NIGHT_LOG))
    trace = archive.redacted("".join(traceback.format_exception(error)), settings)
    try:
        where = archive.keep_failure(workspace, night, _environment(ports), trace)
    except (CtRetrainError, OSError) as full:  # the failure that is told is the first one
        _LOG.error("night not archived", reason=str(full), traceback=trace)
        where = f"in the log; {full}"
    said = archive.redacted(str(error), settings)
    failure = messages.Breakdown(_failing(workspace, night), type(error).__name__, said, where, log)
    outbox.post(workspace, ports.notifier, messages.breakdown(night, failure))


def _environment(ports: Ports) -> Provenance | None:
    """What the night ran with; None where the tool that broke it cannot even be asked for its version."""
    try:
        return ports.provenance()
    except CtRetrainError:
        return None


def locked_out(workspace: Workspace, ports: Ports, night: str) -> None:
    """Tell that *night* could not start; that it is at work itself is no news, for a schedule gives it more chances."""
    opened = [plan.night for plan in index.open_nights(workspace)]
    if night in opened:
        return
    holder = disk.holder(workspace.lock)
    process = f"process {holder.pid} on {holder.host}" if holder else "a process that has just ended"
    who = f"night {opened[-1]} ({process})" if opened else process
    outbox.post(workspace, ports.notifier, messages.locked(night, who))


def look_at_disk(workspace: Workspace, settings: Settings, ports: Ports, night: str) -> None:
    """Tell once a night that there is little room."""
    wanted = settings.notices.min_free_gb
    places = [place for place in (workspace.work, workspace.models, workspace.archive) if place.exists()]
    free, place = min((shutil.disk_usage(place).free, str(place)) for place in places)
    if free < wanted * 1e9:
        outbox.post(workspace, ports.notifier, messages.disk_low(night, free, wanted, place))


def beat(ports: Ports, what: Beat, words: str) -> bool:
    """Ping the dead-man's switch, if there is one; its failure is logged and changes nothing."""
    try:
        if ports.heartbeat is not None:
            ports.heartbeat.ping(what, words)
    except CtRetrainError as error:
        _LOG.warning("heartbeat not heard", beat=what, reason=str(error))
        return False
    return True


def beat_success(workspace: Workspace, ports: Ports, record: NightRecord) -> None:
    """Ping once for a night that is over: held and rejected too, for the job did its work."""
    mark = workspace.outbox / record.night / _SUCCESS
    if ports.heartbeat is None or mark.exists():
        return
    if beat(ports, "success", f"{record.night}: {record.outcome.value}"):
        disk.make_directory(mark.parent)
        disk.write_text(mark, "pinged\n")


def _failing(workspace: Workspace, night: str) -> str:
    """The stage that a broken night stopped in, or on its way to."""
    if not (workspace.night(night) / PLAN).exists():
        return "opening"
    missing = (stage for stage in STAGES if not (workspace.stage(night, stage) / MANIFEST).exists())
    return next(missing, "closing")


def _last_words(log: Path) -> Iterator[str]:
    """The end of the night's *log* as lines for people, without what was only progress."""
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
