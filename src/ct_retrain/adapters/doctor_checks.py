"""Check the machine for `ct-retrain doctor`: what a night needs, and how to get what is missing."""

import contextlib
import os
import platform
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ct_retrain.adapters._child_programs import Command
from ct_retrain.adapters.endpoint import EndpointGenerators
from ct_retrain.adapters.heartbeat import heartbeat_of
from ct_retrain.adapters.mainline import LocalMainline
from ct_retrain.adapters.mlflow_tracker import absent, tracker_of
from ct_retrain.adapters.notify import AppriseNotifier
from ct_retrain.adapters.provenance import packages
from ct_retrain.cluster.judge import ClusterJudge
from ct_retrain.cluster.probe import probe
from ct_retrain.core.configuration.settings import NoticeSettings, Settings
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.core.installation import install_command
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.readiness import SUITE, Finding
from ct_retrain.core.workspace import Workspace
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.judge.lazy import judge_behind
from ct_retrain.judge.prover import NO_YOSYS, engine_remedy
from ct_retrain.judge.sandbox.workers import closed, layers_of
from ct_retrain.suites.load import load_suite

_TRAINING = ("torch", "transformers", "trl", "peft", "datasets", "accelerate")
_LOW_DISK = 5 << 30
_SERVER_PATIENCE = 2.0
"""Seconds that a server is given; a night waits longer."""


def examine(workspace: Workspace, settings: Settings, simulator: Simulator) -> list[Finding]:
    """Everything a night needs on this machine; nothing is changed. A dry run says what is not fine in these words."""
    return [
        Finding(what="python", found=platform.python_version(), fine=True),
        *_judge(settings, simulator),
        *_cluster(settings, workspace, simulator),
        *_suite(workspace, settings),
        *_programs(workspace, settings),
        *((*_training(settings), _device()) if _trains_here(settings) else ()),
        *_model(workspace, settings),
        *_server(settings),
        *_credentials(settings),
        *_channels(workspace, settings.notices),
        tracking_finding(workspace, settings),
        *_places(workspace),
        _clock(workspace, settings),
    ]


def _judge(settings: Settings, simulator: Simulator) -> Iterator[Finding]:
    """Check the simulator and the sandbox."""
    try:
        tool = simulator.tool
    except CtRetrainError as error:
        yield Finding(what="simulator", found="none", fine=False, remedy=str(error))
        return
    others = [part for part in tool.detail.split("; ") if not part.startswith("sandbox ")]
    yield Finding(what="simulator", found=f"{tool.name} {tool.version}; {'; '.join(others)}", fine=True)
    layers = layers_of(tool)
    remedy = "" if closed(layers) or settings.sandbox == "off" else _OPEN
    found = f"{settings.sandbox}: {', '.join(layers) or 'none'}"
    yield Finding(what="sandbox", found=found, fine=True, remedy=remedy)


_OPEN = "files or network stay open: judge trusted designs only, or use a kernel with Landlock, or install bubblewrap"


def _cluster(settings: Settings, workspace: Workspace, simulator: Simulator) -> Iterator[Finding]:
    """Where designs are judged besides this machine, if anywhere."""
    if not settings.cluster.used:
        return
    try:
        judge = judge_behind(simulator)
    except CtRetrainError as error:
        yield Finding(what="cluster", found="not looked at", fine=False, remedy=str(error))
        return
    if isinstance(judge, ClusterJudge):
        for one in probe(settings.cluster, workspace.root, judge.here):
            yield Finding(what="cluster", found=one.found, fine=not one.remedy, remedy=one.remedy)


def _suite(workspace: Workspace, settings: Settings) -> Iterator[Finding]:
    """Whether the suite can be read, and its problems judged here."""
    try:
        suite = load_suite(settings.benchmark.suite, workspace.root)
    except CtRetrainError as error:
        yield Finding(
            what=SUITE,
            found=settings.benchmark.suite,
            fine=False,
            remedy=f"{error}; or correct benchmark.suite",
        )
        return
    proved = sum(one.judged_by == "proof" for one in suite.problems)
    found = f"{suite.name}, {len(suite.problems)} problems"
    if proved and locate_yosys() is None:
        yield Finding(
            what=SUITE,
            found=f"{found}, {proved} judged by proof: {NO_YOSYS}",
            fine=False,
            remedy=engine_remedy(),
        )
    else:
        yield Finding(what=SUITE, found=found, fine=True)


def _credentials(settings: Settings) -> Iterator[Finding]:
    """Report which secrets are set, never their values."""
    said = {
        "endpoint.api_key": bool(settings.endpoint.api_key.get_secret_value()),
        "notices.urls": bool(settings.notices.urls.get_secret_value() or settings.notices.urls_file),
        "notices.heartbeat": bool(
            settings.notices.heartbeat.get_secret_value() or settings.notices.heartbeat_file
        ),
    }
    there = [name for name, present in said.items() if present]
    yield Finding(what="credentials", found=", ".join(there) or "none set", fine=True)


def _channels(workspace: Workspace, settings: NoticeSettings) -> Iterator[Finding]:
    """Check that the addresses of notices can be read; nothing is sent."""
    notifier, heartbeat = AppriseNotifier(settings, workspace.root), heartbeat_of(settings, workspace.root)
    try:
        named, wrong = list(notifier.channels.values()), notifier.faults()
        if heartbeat is not None:
            heartbeat.url()
    except CtRetrainError as error:
        yield Finding(what="notices", found="unreadable", fine=False, remedy=str(error))
        return
    for words, remedy in wrong.items():
        yield Finding(what="notices", found=words, fine=False, remedy=remedy)
    if named and not wrong:
        remedy = "`ct-retrain notices test` sends to each"
        yield Finding(what="notices", found="; ".join(named), fine=True, remedy=remedy)
    for name, file in (("urls_file", settings.urls_file), ("heartbeat_file", settings.heartbeat_file)):
        path = workspace.root / file
        if file and path.stat().st_mode & 0o077:
            found = f"others may read {path}, which holds secrets"
            yield Finding(what=f"notices.{name}", found=found, fine=False, remedy=f"chmod 600 {path}")


def tracking_finding(workspace: Workspace, settings: Settings) -> Finding:
    """Report where nights are tracked; only a store that the settings name can be missing."""
    store, missing = settings.tracking.store, absent()
    if store == "off":
        return Finding(what="tracking", found="off", fine=True)
    if missing:
        found = f"off: {', '.join(missing)} not installed"
        return Finding(what="tracking", found=found, fine=store == "auto", remedy=install_command("track"))
    tracker = tracker_of(workspace, settings.tracking)
    return Finding(what="tracking", found=tracker.uri if tracker else "off", fine=True)


def _clock(workspace: Workspace, settings: Settings) -> Finding:
    """Check the clock: a time before the last night's end is wrong, and nights are named by it."""
    now = datetime.now(UTC)
    try:
        zone = ZoneInfo(settings.timezone) if settings.timezone else None
    except (ZoneInfoNotFoundError, ValueError):
        remedy = "set timezone to an IANA name such as Europe/Berlin"
        return Finding(what="clock", found=f"no zone {settings.timezone!r}", fine=False, remedy=remedy)
    here = now.astimezone(zone)
    ends = [path.stat().st_mtime for path in workspace.records.glob("*.json")]
    late = bool(ends) and max(ends) > now.timestamp() + 60
    remedy = "the last night ended after this time: set the clock (timedatectl set-ntp true)" if late else ""
    return Finding(what="clock", found=f"{here:%Y-%m-%d %H:%M %Z}", fine=not late, remedy=remedy)


def _training(settings: Settings) -> Iterator[Finding]:
    wanted = [*_TRAINING, *(["bitsandbytes"] if settings.train.hyperparameters.quantization == "nf4" else [])]
    versions = packages()
    for name in wanted:
        present = find_spec(name) is not None
        remedy = "" if present else install_command("train")
        yield Finding(what=name, found=versions.get(name, "none"), fine=present, remedy=remedy)


def _trains_here(settings: Settings) -> bool:
    """Whether the training libraries are needed: to train, or to answer."""
    return not (settings.train.command and settings.endpoint.url)


def _programs(workspace: Workspace, settings: Settings) -> Iterator[Finding]:
    """Programs of the user's that a night starts."""
    for command in (
        Command(settings.train.command, "train.command"),
        Command(settings.endpoint.command, "endpoint.command", workspace.root),
    ):
        if command.text:
            fault = command.fault()
            yield Finding(
                what=command.setting,
                found=fault or command.text,
                fine=not fault,
                remedy="install it" if fault else "",
            )


def _server(settings: Settings) -> Iterator[Finding]:
    """Whether the server that a night asks answers, and has mainline; one that a night starts is not asked."""
    if not settings.endpoint.url or settings.endpoint.command:
        return
    quick = settings.endpoint.model_copy(update={"patience": _SERVER_PATIENCE})
    with contextlib.closing(EndpointGenerators(quick)) as server:
        try:
            server.open(None)
        except CtRetrainError as error:
            remedy = "start it, or correct endpoint.url and endpoint.model"
            yield Finding(what="endpoint", found=str(error), fine=False, remedy=remedy)
        else:
            for url in settings.endpoint.addresses:
                reason = server.left_out.get(url, "")
                found = reason or f"{url} serves {settings.endpoint.model}"
                remedy = "start it, or take it out of endpoint.urls" if reason else ""
                yield Finding(what="endpoint", found=found, fine=not reason, remedy=remedy)


def _device() -> Finding:
    if find_spec("torch") is None:
        return Finding(what="device", found="unknown: no torch", fine=False, remedy=install_command("train"))
    import torch

    if torch.cuda.is_available():
        facts = torch.cuda.get_device_properties(0)
        return Finding(what="device", found=f"{facts.name}, {facts.total_memory >> 30} GiB", fine=True)
    return Finding(what="device", found=f"CPU only, {os.cpu_count()} processors", fine=True)


def _model(workspace: Workspace, settings: Settings) -> Iterator[Finding]:
    """Check that mainline is present and can be trained and measured, without loading its weights."""
    if any(find_spec(name) is None for name in ("torch", "transformers")):
        yield Finding(
            what="mainline", found=settings.train.mainline, fine=True, remedy="not looked at: see above"
        )
        return
    ready = LocalMainline(workspace.model(settings.train.mainline), settings).examine()
    yield Finding(what="mainline", found=ready.found, fine=not ready.faults, remedy="; ".join(ready.faults))
    for note in ready.notes:
        yield Finding(what="mainline", found=note, fine=True)


def _places(workspace: Workspace) -> Iterator[Finding]:
    for path in (workspace.work, workspace.models, workspace.records, workspace.archive, workspace.reports):
        there = next(one for one in (path, *path.parents) if one.exists())
        if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
            found = f"cannot write in {there}, where a night puts {path}"
            yield Finding(what="disk", found=found, fine=False, remedy="fix permissions or the mount")
    for place in dict.fromkeys(_existing(one) for one in (workspace.root, workspace.work, workspace.models)):
        free = shutil.disk_usage(place).free
        remedy = "" if free >= _LOW_DISK else "free space: a night needs room for its copies and an adapter"
        found = f"{free >> 30} GiB free at {place}"
        yield Finding(what="disk", found=found, fine=free >= _LOW_DISK, remedy=remedy)
    runs = workspace.runs
    seen = runs.is_dir()
    remedy = "" if seen else "point paths.runs at your pipeline's runs, or `ct-retrain pipeline run`"
    yield Finding(
        what="runs", found=str(runs) if seen else f"{runs} does not exist", fine=seen, remedy=remedy
    )


def _existing(path: Path) -> Path:
    """The nearest directory above *path* that is there, by its device's mount where that is above the workspace."""
    there = next(one for one in (path, *path.parents) if one.exists())
    while there.parent != there and there.parent.stat().st_dev == there.stat().st_dev:
        there = there.parent
    return there
