"""Tasks after a night is over: notify the team, and everything else that can wait for the record.

Each task is done once and leaves a mark; a later run repeats those without one. No task changes the outcome, and one
that fails does not stop the others.
"""

from collections.abc import Callable
from typing import TypeAlias

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import CorruptStateError, CtRetrainError
from ct_retrain.core.records.night import NightRecord
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly import tracking
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.notices import messages, outbox
from ct_retrain.nightly.run import finish
from ct_retrain.nightly.snapshots import purge, upload
from ct_retrain.nightly.textfile import write_textfile
from ct_retrain.releases import night_of
from ct_retrain.report.pages import is_written

_LOG = structlog.get_logger("ct_retrain.nightly")

Part: TypeAlias = Callable[[Workspace, Settings, Ports, NightRecord], None]


def follow_up(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> dict[str, str]:
    """Do every remaining task; return task → error message, for those that failed."""
    failed: dict[str, str] = {}
    for name, part in PARTS.items():
        try:
            with disk.blamed(workspace.root):
                part(workspace, settings, ports, record)
        except CtRetrainError as error:
            _LOG.error("follow-up failed", part=name, night=record.night, reason=str(error))
            failed[name] = str(error)
    for name, reason in failed.items():
        outbox.post(workspace, ports.notifier, messages.part_failed(record.night, name, reason))
    return failed


def _report(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> None:
    del settings
    if ports.reporter is None or is_written(workspace, record):
        return
    try:
        for touched in [*_touched(workspace, record), record]:
            ports.reporter(workspace, touched)
    except CtRetrainError:
        raise
    except Exception as error:  # a broken page must not keep the notice from being sent
        message = f"the page of {record.night} cannot be made ({type(error).__name__}: {error}): this is a bug of ours"
        raise CtRetrainError(message) from error


def _touched(workspace: Workspace, record: NightRecord) -> list[NightRecord]:
    """Return the nights whose releases this one rolled back from and to, because their pages show it."""
    names = (record.relapse.source, record.relapse.target) if record.relapse else ()
    paths = [workspace.record(night_of(name)) for name in names if name]
    return [disk.read_record(path, NightRecord) for path in paths if path.exists()]


def _tell(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> None:
    del settings
    finish.send_outcome(workspace, ports.notifier, record)


def _copy(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> None:
    del settings, record
    if ports.store is not None:
        upload.upload_missing(workspace, ports.store)


def _purge(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> None:
    del record
    if ports.store is None or settings.retention_days == 0:
        return
    done = purge(workspace, settings, ports.store)
    if done.damaged:
        raise CorruptStateError(
            "; ".join(f"{one.night} was not purged: {one.why}" for one in done.staying if one.damaged)
        )


PARTS: dict[str, Part] = {
    "report": _report,
    "notice": _tell,
    "track": tracking.track_once,
    "textfile": write_textfile,
    "snapshot": _copy,
    "purge": _purge,
}
"""In this order: the report before the notice that links to it, the snapshot before the purge that needs it."""
