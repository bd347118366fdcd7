"""Choose the adapter for each port; the only module that knows both."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import structlog

from ct_retrain.adapters.command import CommandTrainer
from ct_retrain.adapters.doctor_checks import examine
from ct_retrain.adapters.endpoint import EndpointGenerators, ServerPaths
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.adapters.heartbeat import heartbeat_of
from ct_retrain.adapters.mainline import LocalMainline
from ct_retrain.adapters.mlflow_tracker import tracker_of
from ct_retrain.adapters.notify import AppriseNotifier
from ct_retrain.adapters.nvml import joules
from ct_retrain.adapters.object_store import open_store
from ct_retrain.adapters.outlook import outlook, unestimated
from ct_retrain.adapters.provenance import gather
from ct_retrain.adapters.qlora import QloraTrainer
from ct_retrain.cluster.judge import Cluster, ClusterJudge
from ct_retrain.cluster.parts import WIDTH
from ct_retrain.core.configuration.recipes import same_trainer
from ct_retrain.core.configuration.settings import NoticeSettings, Settings, TrainSettings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.opened import Opened, open_workspace
from ct_retrain.core.ports import Generators, Trainer
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.records.night import Effort, NightRecord
from ct_retrain.core.workspace import SERVER_LOG, Workspace
from ct_retrain.judge.formal.runner import FormalRunner
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.lazy import LazyAppraiser, LazyJudge
from ct_retrain.judge.parts import JudgeParts
from ct_retrain.judge.simulators.cached import Cache
from ct_retrain.nightly.night import Ports
from ct_retrain.report.pages import write_pages
from ct_retrain.report.report_inputs import ReportInputs

COMPARISONS = ".comparisons"
"""Cache of comparisons with protected suites, beside that of verdicts; safe to delete."""


class App(NamedTuple):
    """A workspace with its settings and the ports that they select."""

    workspace: Workspace
    settings: Settings
    origins: dict[str, str]
    """Setting → origin of its value, for values that are not defaults."""
    ports: Ports


def build(root: Path, options: dict[str, Any] | None = None, file: Path | None = None) -> App:
    """Read the settings of *root* and put the ports together; nothing heavy is started.

    Raise UsageError where *root* is no directory.
    """
    return with_ports(open_workspace(root, options, file))


def with_ports(opened: Opened) -> App:
    """Return *opened* with the ports that its settings select; nothing heavy is started."""
    workspace, settings, origins = opened
    return App(workspace, settings, origins, ports_of(workspace, settings))


def with_cache(app: App) -> App:
    """Return *app* with a judge that caches verdicts in the workspace."""
    workspace, settings = app.workspace, app.settings
    return app._replace(ports=ports_of(workspace, settings, workspace.verdicts))


def ports_of_arm(app: App, settings: Settings) -> Ports:
    """The ports of *app* with the trainer and, where another model is asked, the generators that *settings* name."""
    ports, train = app.ports, app.settings.train
    if not same_trainer(settings.train, train):
        ports = ports._replace(trainer=_trainer_of(settings.train))
    if (settings.train.mainline, settings.train.chat) != (train.mainline, train.chat):
        mainline = LocalMainline(app.workspace.model(settings.train.mainline), settings)
        ports = ports._replace(generators=generators_of(app.workspace, settings), mainline=mainline)
    return ports


def without_side_effects(app: App) -> App:
    """Return *app* without notices, heartbeat, tracking and snapshots, for demonstrations."""
    silent = AppriseNotifier(NoticeSettings(), app.workspace.root)
    return app._replace(ports=app.ports._replace(notifier=silent, heartbeat=None, tracker=None, store=None))


def ports_of(workspace: Workspace, settings: Settings, verdicts: Path | None = None) -> Ports:
    """Return the adapters that *settings* select; the judge caches verdicts in the file *verdicts*, if given.

    Comparisons with the suites are then cached, too.
    A simulator is looked for on first use only.
    """
    width = WIDTH if settings.cluster.used else 0
    simulator = LazyJudge(lambda: open_judge(settings, workspace.root, verdicts), width)
    appraiser = LazyAppraiser(simulator)
    trainer = _trainer_of(settings.train)
    return Ports(
        simulator=simulator,
        appraiser=appraiser,
        effort=lambda: Effort(**simulator.cache_use._asdict(), seconds=appraiser.seconds, joules=joules()),
        generators=generators_of(workspace, settings),
        trainer=trainer,
        notifier=AppriseNotifier(settings.notices, workspace.root),
        provenance=lambda: gather((simulator.tool, trainer.tool), settings),
        same=simulator.same,
        heartbeat=heartbeat_of(settings.notices, workspace.root),
        reporter=reporter_of(settings),
        tracker=tracker_of(workspace, settings.tracking),
        outlook=unestimated if settings.train.command else partial(outlook, devices=settings.train.devices),
        store=open_store(settings.snapshot, workspace),
        comparisons=partial(Cache, verdicts.with_name(COMPARISONS), settings.judge.cache_mb)
        if verdicts
        else None,
        formal=FormalRunner(lambda: _local(simulator.judge)),
        mainline=LocalMainline(workspace.model(settings.train.mainline), settings),
        trainer_of=_trainer_of,
        findings=lambda: examine(workspace, settings, simulator),
    )


def open_judge(settings: Settings, root: Path, verdicts: Path | None = None) -> JudgeParts:
    """The judge that *settings* name, on this machine or on a cluster; *verdicts* is the file that it remembers by.

    Raise ToolError where tools are missing here, UsageError where the settings of the cluster cannot be.
    """
    if not settings.cluster.used:
        return Judge(settings.judge, verdicts, settings.sandbox)
    known = Cache(verdicts, settings.judge.cache_mb) if verdicts else None
    here = Judge(settings.judge, sandbox=settings.sandbox)
    return ClusterJudge(here, Cluster(settings.cluster, root, known))


def _local(judge: JudgeParts) -> Judge:
    """Return the part of *judge* that works on this machine: the night's few proofs are not sent to a cluster."""
    return judge.here if isinstance(judge, ClusterJudge) else cast("Judge", judge)


def _trainer_of(train: TrainSettings) -> Trainer:
    if train.command:
        return CommandTrainer(train.command)
    trainer = QloraTrainer(devices=train.devices)
    trainer.demand_one_device(preferences=train.preferences)
    return trainer


def generators_of(workspace: Workspace, settings: Settings) -> Generators:
    """Return the generators: of a server, or of transformers in this process."""
    if settings.endpoint.url:
        return EndpointGenerators(
            settings.endpoint, ServerPaths(workspace.root, lambda: _server_log(workspace))
        )
    if settings.endpoint.command:
        raise UsageError("endpoint.command starts a server, and endpoint.url says where it answers: set both")
    if settings.endpoint.urls:
        raise UsageError("endpoint.urls are servers beside that of endpoint.url: set that, too")
    base = workspace.model(settings.train.mainline)
    return TransformersGenerators(base, settings.benchmark.batch_size, settings.train.chat)


def _server_log(workspace: Workspace) -> Path:
    """Return the log file of a server started now: in the directory of the running night, if there is one."""
    night = structlog.contextvars.get_contextvars().get("night")
    return (workspace.night(night) if night else workspace.work) / SERVER_LOG


def reporter_of(settings: Settings) -> Callable[[Workspace, NightRecord | Breakdown], Path]:
    """What writes the pages of a night that is over, or that broke."""

    def report(workspace: Workspace, record: NightRecord | Breakdown) -> Path:
        return write_pages(ReportInputs.of(workspace, settings), [record])[0]

    return report
