"""One training of one arm, measured on every suite: the stages of a night, with a night's keys, except publish."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.records.arm import Arm, Role
from ct_retrain.core.records.experiment import ExperimentPlan
from ct_retrain.core.records.night import BenchmarkFacts, Facts, Manifest, TrainFacts
from ct_retrain.core.records.problem import Scorecard, Suite
from ct_retrain.core.workspace import Workspace
from ct_retrain.experiments.definition import ExperimentDefinition
from ct_retrain.experiments.frozen import frozen_curate
from ct_retrain.manifests import training_facts
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.run.keys import benchmark_key, source_digests, train_key
from ct_retrain.nightly.run.stages import protection_of
from ct_retrain.nightly.step import Step, content, finished_manifest, perform
from ct_retrain.stages.benchmark import BenchmarkInputs, benchmark
from ct_retrain.stages.train import ADAPTER, TrainInputs, train

_LOG = structlog.get_logger("ct_retrain.experiments")


class ExperimentSetup(NamedTuple):
    """What all trials of an experiment share."""

    workspace: Workspace
    usual: Settings
    """Settings of the workspace."""
    asked: ExperimentDefinition
    plan: ExperimentPlan
    directory: Path
    arms: Mapping[str, Settings]
    """Arm → its settings; the control first."""
    ports: Mapping[str, Ports]
    """Arm → its ports: the same simulator for all, trainer and generators as the arm's settings say."""
    suites: tuple[Suite, ...]
    entrance: "Entrance | None" = None
    """What a part is done in, where several processes share the workspace's lock; None takes it for each part."""


Entrance = Callable[[], AbstractContextManager[None]]


class Trial(NamedTuple):
    """One training, and its measurements."""

    arm: str
    seed: int
    trained: Manifest
    measured: Mapping[str, Manifest]
    """Suite → manifest of its benchmark."""
    directory: Path

    @property
    def facts(self) -> TrainFacts:
        """Facts of the training."""
        return training_facts(self.trained)

    def cards(self, suite: str) -> tuple[Scorecard, Scorecard]:
        """Return the scorecards of the adapter and of mainline on *suite*."""
        facts = self.measured[suite].facts
        if not isinstance(facts, BenchmarkFacts) or len(facts.scorecards) != 2:
            raise CorruptStateError(
                f"{measured_in(self.directory, suite)} does not hold two scorecards: delete it and run again"
            )
        return facts.scorecards[0], facts.scorecards[1]


def measured_in(directory: Path, suite: str) -> Path:
    """Return the directory of the answers to *suite* in the trial in *directory*."""
    return directory / f"benchmark-{re.sub(r'[^A-Za-z0-9._-]', '_', suite)}"


def run_trial(setup: ExperimentSetup, arm: str, number: int) -> Trial:
    """Run training *number* (from 0) of *arm*, and measure it; parts that are finished are not repeated.

    Raise ToolError if the training gives no adapter, and UsageError if the workspace does not allow it.
    """
    settings, ports = _settings(setup, arm, number), setup.ports[arm]
    seed = settings.train.hyperparameters.seed
    directory = setup.directory / "trials" / arm / f"seed-{seed}"
    trained = _train(setup, settings, ports, directory)
    facts = training_facts(trained)
    if facts.held:
        raise UsageError(f"experiment {setup.plan.name}: {facts.held}")
    measured = {
        suite.name: _measure(setup, settings, ports, _Measured(suite, directory, trained))
        for suite in setup.suites
    }
    for suite, manifest in measured.items():
        if isinstance(manifest.facts, BenchmarkFacts) and not manifest.facts.scorecards:
            raise ToolError(f"{suite}: {manifest.facts.decision.evidence.explanation}")
    return Trial(arm, seed, trained, measured, directory)


def _settings(setup: ExperimentSetup, arm: str, number: int) -> Settings:
    """Return the settings of *arm*, with the seed of training *number*."""
    settings = setup.arms[arm]
    knobs = settings.train.hyperparameters
    numbered = knobs.model_copy(update={"seed": knobs.seed + number})
    return settings.model_copy(
        update={"train": settings.train.model_copy(update={"hyperparameters": numbered})}
    )


def _train(setup: ExperimentSetup, settings: Settings, ports: Ports, directory: Path) -> Manifest:
    workspace, plan = setup.workspace, setup.plan
    inputs = TrainInputs(
        curated=frozen_curate(setup.directory),
        gold=workspace.gold,
        general=workspace.general,
        base=workspace.model(settings.train.mainline),
        settings=settings.train,
        forgotten=frozenset(plan.forgotten) if settings.train.refresh_forgotten else frozenset(),
        protection=protection_of(workspace, settings, ports, setup.asked.suites),
        where=str(settings.paths.gold),
    )

    def fill(out: Path) -> Facts:
        ports.generators.close()  # training needs the memory of a loaded model or server
        return train(out, inputs, ports.trainer)

    step = Step(
        "train",
        plan.night,
        directory / "train",
        train_key(plan.curated, inputs, ports, source_digests(inputs)),
    )
    return _part(setup, step, fill, ports)


class _Measured(NamedTuple):
    """What to measure, and of which training."""

    suite: Suite
    directory: Path
    trained: Manifest


def _measure(setup: ExperimentSetup, settings: Settings, ports: Ports, what: _Measured) -> Manifest:
    chosen = settings.benchmark.model_copy(update={"suite": what.suite.name, "adaptive": False})
    inputs = BenchmarkInputs(
        suite=what.suite,
        arms=(Arm(Role.CANDIDATE.value, what.directory / "train" / ADAPTER), Arm(Role.MAINLINE.value)),
        settings=chosen,
        gate=settings.gate,
        min_delta=settings.min_delta_score,
        workers=settings.judge.workers,
        stock=setup.directory / ".samples",
        releases={},
    )
    key = benchmark_key(content(what.trained), inputs, "", settings, ports)
    step = Step("benchmark", setup.plan.night, measured_in(what.directory, what.suite.name), key)
    return _part(setup, step, lambda out: benchmark(out, inputs, ports.generators, ports.simulator), ports)


def _part(setup: ExperimentSetup, step: Step, fill: Callable[[Path], Facts], ports: Ports) -> Manifest:
    """Run one stage under the workspace's lock; a night that starts meanwhile waits until it ends."""
    done = finished_manifest(step)
    if done is not None:
        return done
    with setup.entrance() if setup.entrance else held(setup):
        _LOG.info("part starts", part=setup.workspace.relative(step.directory))
        return perform(step, fill, ports.effort)


def held(setup: ExperimentSetup) -> AbstractContextManager[None]:
    """Return what waits for the workspace's lock, and holds it in the name of the experiment."""
    lock = setup.workspace.lock
    if disk.holder(lock) is not None:
        _LOG.info("waiting for what is running in the workspace", experiment=setup.plan.name)
    return disk.lock_when_free(lock, f"{disk.EXPERIMENT} {setup.plan.name}")
