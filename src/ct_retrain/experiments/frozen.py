"""Fixes an experiment's inputs when it starts: one night's examples, by digest, and all versions of its definition."""

from datetime import UTC, datetime
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.configuration.recipes import SCHEDULING
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.record import digest
from ct_retrain.core.records.experiment import ExperimentPlan, Round
from ct_retrain.core.records.night import CurateFacts
from ct_retrain.core.workspace import MANIFEST, PLAN, Workspace
from ct_retrain.experiments.definition import ExperimentDefinition
from ct_retrain.manifests import read_manifest
from ct_retrain.nightly.records.experiments import RESULT
from ct_retrain.nightly.records.index import ended_nights
from ct_retrain.nightly.run.earlier_nights import forgotten_categories, sealed_stage
from ct_retrain.nightly.run.keys import PACING
from ct_retrain.nightly.step import content
from ct_retrain.suites.load import load_suite

_FROZEN = "curate"


def frozen_curate(directory: Path) -> Path:
    """Return the directory of the curate stage that was copied for the experiment in *directory*."""
    return directory / _FROZEN


def open_plan(
    workspace: Workspace, settings: Settings, name: str, asked: ExperimentDefinition
) -> ExperimentPlan:
    """Return the plan of experiment *name*: the one on disk if it was started, else a new one, durably.

    A changed definition begins another round if results of the last round were already visible.
    """
    directory = workspace.experiments / name
    path, now = directory / PLAN, _round(asked, settings)
    if not path.exists():
        plan = _started(workspace, settings, name, asked)
    else:
        plan = disk.read_record(path, ExperimentPlan)
        if asked.night not in {"", plan.night}:
            raise UsageError(
                f"experiment {name} was started on night {plan.night} and not on {asked.night}: all arms must "
                "learn from the same examples, so another night is another experiment, with another name"
            )
    if not plan.rounds or plan.rounds[-1] != now:
        seen = plan.rounds if (directory / RESULT).exists() else plan.rounds[:-1]
        plan = plan.model_copy(update={"rounds": (*seen, now)})
        disk.write_record(path, plan)
    _whole(directory, plan)
    return plan


def _round(asked: ExperimentDefinition, settings: Settings) -> Round:
    used = (
        settings.train.model_dump(mode="json", exclude={*SCHEDULING}),
        settings.benchmark.model_dump(mode="json", exclude={*PACING}),
        settings.gate.model_dump(mode="json"),
    )
    return Round(definition=digest(asked.model_dump(mode="json"), *used), seeds=asked.seeds)


def _started(
    workspace: Workspace, settings: Settings, name: str, asked: ExperimentDefinition
) -> ExperimentPlan:
    night = asked.night or _last_with_examples(workspace)
    if not workspace.record(night).exists():
        raise UsageError(f"no night {night} is over: `ct-retrain history` lists those that are")
    source = sealed_stage(workspace, night, "curate", f"experiment {name} is to learn from it")
    if source is None or not _examples(source):
        raise UsageError(f"night {night} has no examples: name another in {name}.toml")
    directory = disk.make_directory(workspace.experiments / name)
    target = frozen_curate(directory)
    disk.copy_tree(source, disk.fresh_directory(target))
    disk.sync_tree(target)
    suite = load_suite(settings.benchmark.suite, workspace.root)
    return ExperimentPlan(
        name=name,
        started=datetime.now(UTC),
        night=night,
        curated=content(read_manifest(target / MANIFEST)),
        forgotten=tuple(sorted(forgotten_categories(workspace, suite, night))),
        rounds=(),
    )


def _last_with_examples(workspace: Workspace) -> str:
    for night in reversed(ended_nights(workspace)):
        if _examples(workspace.stage(night, "curate")):
            return night
    raise UsageError(
        "no night that is over has examples to train on: `ct-retrain run` collects and curates them first"
    )


def _examples(curated: Path) -> int:
    path = curated / MANIFEST
    facts = read_manifest(path).facts if path.is_file() else None
    return facts.examples if isinstance(facts, CurateFacts) else 0


def _whole(directory: Path, plan: ExperimentPlan) -> None:
    """Raise CorruptStateError if the copied curate stage is missing or has changed."""
    place = frozen_curate(directory)
    manifest = read_manifest(place / MANIFEST)
    broken = list(disk.breaches(place, manifest.files))
    if content(manifest) != plan.curated:
        broken = [f"{place / MANIFEST} is not the manifest that the experiment started with"]
    if broken:
        raise CorruptStateError(
            f"{broken[0]}: what experiment {plan.name} learns from was changed; move {directory} away and run it again"
        )
