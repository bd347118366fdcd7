"""A night in progress, and the ports through which it reaches models, simulators, stores and people."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.configuration.settings import Settings, TrainSettings
from ct_retrain.core.ports import (
    Generators,
    Heartbeat,
    Mainline,
    Notifier,
    Simulator,
    Store,
    Tracker,
    Trainer,
)
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.records.night import (
    Effort,
    NightPlan,
    NightRecord,
    Provenance,
)
from ct_retrain.core.records.readiness import Finding
from ct_retrain.core.records.training import Outlook, TrainPlan
from ct_retrain.core.stage import StageName
from ct_retrain.core.workspace import Workspace
from ct_retrain.decontamination.behaviour import Equivalence
from ct_retrain.judge.simulators.cached import Cache
from ct_retrain.nightly.step import Step
from ct_retrain.stages.curate import Appraiser, Formal


class Ports(NamedTuple):
    """Implementations of the ports, as `compose` chose them."""

    simulator: Simulator
    appraiser: Appraiser
    effort: Callable[[], Effort]
    """Work of simulator and appraiser since they were made."""
    generators: Generators
    trainer: Trainer
    """For the settings of the workspace; `trainer_of` is for recipes that name another."""
    notifier: Notifier
    provenance: Callable[[], Provenance]
    same: Equivalence | None = None
    """Proves that designs are alike, for decontamination; None compares texts only. The appraiser's tool names it."""
    heartbeat: Heartbeat | None = None
    reporter: Callable[[Workspace, NightRecord | Breakdown], Path] | None = None
    """Writes the pages of a night that is over or broke, and returns the path of the night's page."""
    tracker: Tracker | None = None
    outlook: Callable[[TrainPlan], Outlook] | None = None
    """Estimates the cost of a training, without starting it."""
    store: Store | None = None
    """Where nights are copied to; None if off-site copies are off."""
    mainline: Mainline | None = None
    trainer_of: Callable[[TrainSettings], Trainer] | None = None
    """The trainer that a challenger's settings ask for; None where all have `trainer`."""
    findings: Callable[[], Sequence[Finding]] | None = None
    """Checks what a night needs on this machine, without starting anything."""
    comparisons: Callable[[], Cache] | None = None
    """Where comparisons with the suites are kept from night to night; None keeps none."""
    formal: Formal | None = None
    """Adds proofs to what simulation shows; None adds none. Its versions are in the appraiser's tool."""


class Night(NamedTuple):
    """One night: its frozen plan, its settings and ports, and its directory."""

    workspace: Workspace
    settings: Settings
    ports: Ports
    plan: NightPlan
    directory: Path
    """Contains one directory per stage; a scratch directory in a dry run."""

    def step(self, stage: StageName, key: str) -> Step:
        """Return the Step of *stage* with the digest *key* of its inputs."""
        return Step(stage, self.plan.night, self.directory / stage, key)
