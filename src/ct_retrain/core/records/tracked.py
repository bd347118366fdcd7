"""A night as a tracker is told it: flat, complete, and made from records alone, so that it can be told again."""

from pydantic import AwareDatetime

from ct_retrain.core.record import Record


class Point(Record):
    """One value of a curve."""

    step: int
    value: float


class TrackedAdapter(Record):
    """A trained adapter, as a model registry lists it."""

    path: str
    """Absolute: its release where it was published, else what was trained."""
    tags: dict[str, str]


class TrackedNight(Record):
    """One night as a run: what it was told to do, what it measured, what it made, and how it ended."""

    night: str
    started: AwareDatetime
    finished: AwareDatetime
    base: str
    """The mainline of that night."""
    parameters: dict[str, str]
    metrics: dict[str, float]
    curves: dict[str, tuple[Point, ...]]
    tags: dict[str, str]
    adapter: TrackedAdapter | None
    """None for a night that trained nothing."""


class Aliases(Record):
    """What the aliases of the registered model follow."""

    latest_nightly: str | None
    """Night of the release that is served; None while mainline serves alone."""
    mainline: str
    """The model every night starts from, as the setting names it."""


class Story(Record):
    """Everything a tracker is told at once: nights to write, and where the pointers are."""

    nights: tuple[TrackedNight, ...]
    aliases: Aliases


class Tracked(Record):
    """What a store holds."""

    store: str
    """Where."""
    nights: tuple[str, ...]
    aliases: dict[str, str]
    """Alias → night of the adapter, or the name of mainline."""
