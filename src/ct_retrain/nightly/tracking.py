"""What a tracker is sent about nights, made from the NightRecord and the manifests that it names."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.installation import install_command
from ct_retrain.core.ports import Tracker
from ct_retrain.core.record import Record, Sha256, digest
from ct_retrain.core.records.arm import ArmId, Role
from ct_retrain.core.records.experiment import ExperimentResult
from ct_retrain.core.records.night import (
    CurateFacts,
    Manifest,
    NightRecord,
    TrainFacts,
)
from ct_retrain.core.records.tracked import (
    Aliases,
    Point,
    Tracked,
    TrackedAdapter,
    TrackedNight,
    TrackerInput,
)
from ct_retrain.core.workspace import Workspace
from ct_retrain.manifests import find_manifest, sealed
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.records import index
from ct_retrain.nightly.records.experiments import experiment_rows, metric_name, results
from ct_retrain.releases import RELEASE, latest, night_of, release_name
from ct_retrain.stages.train import adapter_of

_LOG = structlog.get_logger("ct_retrain.nightly")
_MARK = "tracked.json"
_TOLD = (
    "max_records",
    "min_delta_score",
    "sandbox",
    "curate.",
    "judge.",
    "train.mainline",
    "train.min_new",
    "train.refresh_forgotten",
    "train.shares.",
    "benchmark.",
    "gate.",
)
"""Settings that change the result of a night; the hyperparameters come from the training's facts."""


class _Mark(Record):
    """Digest of what was sent, and the store it was sent to."""

    told: Sha256


def track_once(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> None:
    """Send an ended night to the tracker, unless this store already has exactly that."""
    if ports.tracker is None:
        return
    story = _story(workspace, settings, [record])
    mark = _Mark(told=digest(story, ports.tracker.place))
    path = workspace.night(record.night) / _MARK
    if path.exists() and disk.read_record(path, _Mark) == mark:
        return
    ports.tracker.follow(story)
    disk.write_record(disk.make_directory(path.parent) / _MARK, mark)


def retrack(workspace: Workspace, settings: Settings, ports: Ports, night: str | None = None) -> None:
    """Update the aliases after a person moved the pointer, and the run of *night*, whose state changed by that."""
    if ports.tracker is None:
        return
    path = workspace.record(night) if night else None
    ended = [disk.read_record(path, NightRecord)] if path and path.exists() else []
    ports.tracker.follow(_story(workspace, settings, ended))


def rebuild_tracking(workspace: Workspace, settings: Settings, ports: Ports) -> Tracked:
    """Send every recorded night to the tracker; no night may run meanwhile."""
    with disk.lock(workspace.lock):
        story = _story(workspace, settings, index.records(workspace))
        told_again = tuple(experiment_rows(one) for one in results(workspace))
        return tracker(ports).rebuild(story.model_copy(update={"experiments": told_again}))


def track_experiment(
    workspace: Workspace, settings: Settings, ports: Ports, result: ExperimentResult
) -> None:
    """Send an experiment to the tracker; a failure is logged and changes nothing."""
    if ports.tracker is None:
        return
    story = _story(workspace, settings, []).model_copy(update={"experiments": (experiment_rows(result),)})
    try:
        ports.tracker.follow(story)
    except ToolError as error:
        _LOG.warning("experiment not tracked", reason=str(error))


def tracker(ports: Ports) -> Tracker:
    """Return the tracker; raise UsageError if there is none."""
    if ports.tracker is None:
        raise UsageError(
            "tracking is off: set tracking.store to auto or a tracking URI, "
            f"and install what it needs: {install_command('track')}"
        )
    return ports.tracker


def _story(workspace: Workspace, settings: Settings, ended: Sequence[NightRecord]) -> TrackerInput:
    serving = latest(workspace.models)
    aliases = Aliases(
        latest_nightly=night_of(serving) if serving else None,
        mainline=settings.train.mainline,
    )
    return TrackerInput(nights=tuple(tracked_night(workspace, record) for record in ended), aliases=aliases)


def tracked_night(workspace: Workspace, record: NightRecord) -> TrackedNight:
    """Return *record* as a run; raise CorruptStateError if a manifest differs from the one it names."""
    done = dict(_manifests(workspace, record))
    trained, curated = done.get("train"), done.get("curate")
    tags = {f"sha256.{ref.stage}": ref.sha256 for ref in record.stages}
    if curated and isinstance(curated.facts, CurateFacts):
        tags["sha256.dataset"] = curated.facts.dataset_sha256
    if trained:
        tags["sha256.adapter"] = digest_of_adapter(trained, record.arm)
    chosen = {
        name: str(value) for name, value in record.provenance.settings.items() if name.startswith(_TOLD)
    }
    if record.hyperparameters is not None:
        knobs = record.hyperparameters.model_dump(mode="json").items()
        chosen |= {f"hyperparameters.{name}": str(value) for name, value in knobs}
    seconds = {f"seconds.{ref.stage}": ref.seconds for ref in record.stages}
    return TrackedNight(
        night=record.night,
        started=record.started,
        finished=record.finished,
        base=str(record.provenance.settings.get("train.mainline", "unknown")),
        parameters=chosen,
        metrics={metric_name(name): value for name, value in {**record.metrics, **seconds}.items()},
        curves=_curves(trained),
        tags={**_ending(workspace, record), **tags},
        adapter=_adapter(workspace, record, tags),
    )


def _ending(workspace: Workspace, record: NightRecord) -> dict[str, str]:
    """Return how the night ended and what it was made with."""
    made = record.provenance
    return {
        "outcome": record.outcome.value,
        "decision": record.decision.kind if record.decision else "none",
        "mlflow.note.content": record.reason,
        "release": _release(workspace, record.night),
        "serving": record.latest or "mainline",
        "version": made.version,
        "mlflow.source.git.commit": made.commit,
        "dirty": str(made.dirty).lower(),
        "host": made.host,
        **{f"tool.{tool.name}": f"{tool.version} {tool.detail}".strip() for tool in made.tools},
    }


def _release(workspace: Workspace, night: str) -> str:
    """Return the name of the release of *night*, which a person may have forced later; "none" if there is none."""
    name = release_name(night)
    return name if (workspace.models / name / RELEASE).is_file() else "none"


def _adapter(workspace: Workspace, record: NightRecord, tags: dict[str, str]) -> TrackedAdapter | None:
    if record.adapter is None:
        return None
    release = _release(workspace, record.night)
    path = workspace.root / record.adapter if release == "none" else workspace.models / release
    about = {"outcome": record.outcome.value, "release": release}
    return TrackedAdapter(
        path=str(path), tags=about | {key: tags[key] for key in ("sha256.adapter",) if key in tags}
    )


def _manifests(workspace: Workspace, record: NightRecord) -> Iterator[tuple[str, Manifest]]:
    """Stage → manifest, of those that are still on disk or in the archive."""
    for ref in record.stages:
        path = find_manifest(workspace, record, ref)
        if path is not None:
            yield ref.stage, sealed(path, ref)


def digest_of_adapter(trained: Manifest, arm: ArmId = Role.CANDIDATE.value) -> str:
    """Return a digest of the files of *arm*'s adapter: names and bytes."""
    place = f"{adapter_of(Path(), arm).as_posix()}/"
    return digest(*(f"{one.path} {one.sha256}" for one in trained.files if one.path.startswith(place)))


def _curves(trained: Manifest | None) -> dict[str, tuple[Point, ...]]:
    if trained is None or not isinstance(trained.facts, TrainFacts) or not trained.facts.fit.losses:
        return {}
    logged = trained.facts.fit.losses
    return {
        "curve.loss": tuple(Point(step=one.step, value=one.loss) for one in logged),
        "curve.learning_rate": tuple(Point(step=one.step, value=one.learning_rate) for one in logged),
    }
