"""Runs one night from the lock to the notice.

Write order: stage manifests → release → link → history → NightRecord → notice. A night that is interrupted anywhere
and run again ends with the same files. The NightRecord is written last except for the notice, and means that the night
is over.
"""

import contextlib
from typing import NamedTuple

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import LockedError, UsageError
from ct_retrain.core.records.decision import Promote
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    CurateFacts,
    Manifest,
    NightRecord,
    TrainFacts,
)
from ct_retrain.core.stage import STAGES, StageName
from ct_retrain.core.workspace import PLAN, Workspace
from ct_retrain.nightly.night import Night, Ports
from ct_retrain.nightly.notices import alerts, outbox
from ct_retrain.nightly.records import index
from ct_retrain.nightly.run import finish, follow_up, stages
from ct_retrain.nightly.step import perform

_LOG = structlog.get_logger("ct_retrain.nightly")


class Options(NamedTuple):
    """Options of a night."""

    night: str | None = None
    """Id of the night; today's date if None."""
    until: StageName | None = None
    """Stop after this stage, leaving the night open."""
    redo: StageName | None = None
    """First delete this stage and those after it."""
    ahead: bool = False
    """Allow a night whose day is in the future."""
    again: bool = False
    """Train although nothing is new; if the night is over, start another one of its date."""


def run_night(workspace: Workspace, settings: Settings, ports: Ports, options: Options) -> NightRecord | None:
    """Run the night, or what is left of it; return None if it stops early, as asked.

    A night that is over is returned as it is. It waits while an experiment runs one of its parts. Raise UsageError if
    the id is not a date, and LockedError if another night runs; any other failure is archived and reported to the team
    before it is raised again.
    """
    name = index.night_id(options.night, settings.timezone)
    if options.again and options.redo is None:
        name = index.next_free_night(workspace, name)
    try:
        with disk.lock(workspace.lock, after=disk.EXPERIMENT):
            return _locked(workspace, settings, ports, options._replace(night=name))
    except LockedError:
        alerts.report_locked(workspace, ports, name)
        raise


def _locked(workspace: Workspace, settings: Settings, ports: Ports, options: Options) -> NightRecord | None:
    name = options.night or ""
    if options.redo is not None:
        _forget(workspace, name, options.redo)
    if workspace.record(name).exists():
        return _over(workspace, settings, ports, disk.read_record(workspace.record(name), NightRecord))
    outbox.resend(workspace, ports.notifier)
    if options.until is None:
        alerts.ping(ports, "start", name)
    alerts.report_low_disk(workspace, settings, ports, name)
    try:
        ended = _night(workspace, settings, ports, options)
    except (KeyboardInterrupt, SystemExit, LockedError):
        raise
    except Exception as error:
        if not isinstance(error, UsageError) or (workspace.night(name) / PLAN).exists():
            alerts.report_failure(workspace, settings, ports, name, error)
        alerts.ping(ports, "failure", f"{name}: {type(error).__name__}")
        raise
    return _over(workspace, settings, ports, ended) if ended is not None else None


def _over(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> NightRecord:
    """Do the remaining tasks of a night that is over."""
    follow_up.follow_up(workspace, settings, ports, record)
    alerts.ping_success(workspace, ports, record)
    return record


def _night(workspace: Workspace, settings: Settings, ports: Ports, options: Options) -> NightRecord | None:
    name = options.night or ""
    latest_day = "" if options.ahead else index.tonight(settings.timezone)
    with (
        disk.blamed(workspace.root),
        structlog.contextvars.bound_contextvars(night=name),
        contextlib.ExitStack() as gpu,
        contextlib.closing(ports.generators),
    ):
        night = Night(
            workspace,
            settings,
            ports,
            index.open_plan(workspace, name, latest_day, again=options.again),
            workspace.night(name),
        )
        done: list[Manifest] = []
        for stage in STAGES:
            if stage == "train":
                gpu.enter_context(_turn_at_gpu(workspace))
            step, fill = stages.STEPS[stage](night, done)
            _LOG.info("stage starts", stage=stage)
            manifest = perform(step, fill, ports.effort)
            done.append(manifest)
            seconds = (manifest.finished - manifest.started).total_seconds()
            figures = {**stages.summary(manifest), **stages.judging(manifest)}
            _LOG.info("stage done", stage=stage, seconds=round(seconds, 1), **figures)
            if stage == options.until:
                return None
            if _nothing_more(manifest, night):
                break
        return finish.close(night, done)


def _turn_at_gpu(workspace: Workspace) -> contextlib.AbstractContextManager[None]:
    """Hold the lock of the GPU once no other workspace does; hold nothing where none is shared."""
    lock = workspace.gpu_lock
    if lock is None:
        return contextlib.nullcontext()
    if disk.holder(lock) is not None:
        _LOG.info("waiting for the GPU", lock=str(lock))
    return disk.lock_when_free(lock, f"a night of {workspace.root}")


def _nothing_more(manifest: Manifest, night: Night) -> bool:
    """Whether the night ends after this stage: nothing new to learn, not allowed to train, or nothing to publish."""
    match manifest.facts:
        case CurateFacts() as facts:
            return not stages.learns(night, facts)
        case TrainFacts(held=why):
            return bool(why)
        case BenchmarkFacts(decision=decision):
            return not isinstance(decision, Promote)
        case _:
            return False


def _forget(workspace: Workspace, night: str, stage: StageName) -> None:
    """Undo *stage* and those after it, so that the night can be run again from there.

    Raise UsageError if the night has published, or if another night has built on it.
    """
    record = workspace.record(night)
    if record.exists():
        last = index.last_record(workspace)
        ended = disk.read_record(record, NightRecord)
        if ended.release is not None or (last is not None and last.night != night):
            message = (
                f"night {night} is over and later nights build on it: start a new one with --night {night}.2"
            )
            raise UsageError(message)
        record.unlink()
        disk.sync_directory(record.parent)
    elif not workspace.night(night).is_dir():
        message = f"night {night} was never started: there is nothing to redo"
        raise UsageError(message)
    for name in STAGES[STAGES.index(stage) :]:
        disk.remove_tree(workspace.stage(night, name))
