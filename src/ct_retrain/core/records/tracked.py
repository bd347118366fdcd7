"""Nights in the form that trackers take: flat, complete, and made from records alone, so repeatable."""

from pydantic import AwareDatetime

from ct_retrain.core.record import Record


class Point(Record):
    """One point of a curve."""

    step: int
    value: float


class TrackedAdapter(Record):
    """A trained adapter as a model registry lists it."""

    path: str
    """Absolute path: of its release if published, else of the training output."""
    tags: dict[str, str]


class TrackedNight(Record):
    """One night as a tracked run: parameters, metrics, artefacts and outcome."""

    night: str
    started: AwareDatetime
    finished: AwareDatetime
    base: str
    """Mainline of that night."""
    parameters: dict[str, str]
    metrics: dict[str, float]
    curves: dict[str, tuple[Point, ...]]
    tags: dict[str, str]
    adapter: TrackedAdapter | None
    """The adapter; None for a night that trained none."""


class Aliases(Record):
    """Targets of the registered model's aliases."""

    latest_nightly: str | None
    """Night of the served release; None while mainline is served."""
    mainline: str
    """The mainline, as the setting names it."""


class TrackedExperiment(Record):
    """An experiment: one run per training of each arm, under the experiment's own name."""

    name: str
    rows: tuple[TrackedNight, ...]
    """Named ARM/SEED in the place of a night."""


class TrackerInput(Record):
    """The input of a tracker: nights and experiments to write, and alias targets."""

    nights: tuple[TrackedNight, ...]
    aliases: Aliases
    experiments: tuple[TrackedExperiment, ...] = ()


class Tracked(Record):
    """The contents of a tracking store."""

    store: str
    """Location of the store."""
    nights: tuple[str, ...]
    aliases: dict[str, str]
    """Alias → night of the adapter, or the name of mainline."""
