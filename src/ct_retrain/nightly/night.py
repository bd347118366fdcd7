"""A night in progress, and the outside world it works with."""

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
from ct_retrain.nightly.step import Step
from ct_retrain.stages.curate import Appraiser, Formal


class Ports(NamedTuple):
    """The outside world, as `compose` put it together."""

    simulator: Simulator
    appraiser: Appraiser
    effort: Callable[[], Effort]
    """Of simulator and appraiser, since they were made."""
    generators: Generators
    trainer: Trainer
    """For the settings of the workspace; `trainer_of` is for recipes that name another."""
    notifier: Notifier
    provenance: Callable[[], Provenance]
    same: Equivalence | None = None
    """Proves designs alike, for decontamination; None compares texts alone. Its version is in the appraiser's tool."""
    heartbeat: Heartbeat | None = None
    reporter: Callable[[Workspace, NightRecord | Breakdown], Path] | None = None
    """Writes the pages of a night that is over, or that broke; returns its own."""
    tracker: Tracker | None = None
    outlook: Callable[[TrainPlan], Outlook] | None = None
    """Estimates what a training would take, without starting it."""
    store: Store | None = None
    """Where nights are copied to; None when nowhere."""
    mainline: Mainline | None = None
    trainer_of: Callable[[TrainSettings], Trainer] | None = None
    """The trainer that a challenger's settings ask for; None where all have `trainer`."""
    findings: Callable[[], Sequence[Finding]] | None = None
    """Looks at what a night needs on this machine, without starting anything."""
    formal: Formal | None = None
    """Proves what simulation only shows; None leaves examples simulated. Its versions are in the appraiser's tool."""


class Night(NamedTuple):
    """One night: what it froze at the start, what it works with, and where."""

    workspace: Workspace
    settings: Settings
    ports: Ports
    plan: NightPlan
    directory: Path
    """Holds one directory a stage; a scratch directory in a dry run."""

    def step(self, stage: StageName, key: str) -> Step:
        """The Step of *stage*, made from what *key* digests."""
        return Step(stage, self.plan.night, self.directory / stage, key)
