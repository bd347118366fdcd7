"""What follows a night that is over: tell the team, and whatever else can wait for the record.

Each part is done once: it leaves a mark when it is done, and a later chance tries again what has none.
No part changes the outcome, and a part that fails does not keep the others from their work.
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
from ct_retrain.report import is_written

_LOG = structlog.get_logger("ct_retrain.nightly")

Part: TypeAlias = Callable[[Workspace, Settings, Ports, NightRecord], None]


def follow_up(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> dict[str, str]:
    """Do every part that is left to do; return part → what went wrong, for those that failed."""
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
        ports.reporter(workspace, record)
    except CtRetrainError:
        raise
    except Exception as error:  # a page is not worth a night nobody is told of
        message = f"the page of {record.night} cannot be made ({type(error).__name__}: {error}): this is a bug of ours"
        raise CtRetrainError(message) from error


def _tell(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> None:
    del settings
    finish.tell(workspace, ports.notifier, record)


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
    "snapshot": _copy,
    "purge": _purge,
}
"""In this order: the report before the notice that names it, the snapshot before the purge that needs it."""
