"""Read stage manifests: where one is, whether it is the one its night ended with, and its contents.

A manifest is looked for in the night's directory, then in the archive, which keeps those of unpublished
nights.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.records.arm import ArmId, recipe_of_arm
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    CollectFacts,
    CurateFacts,
    Manifest,
    ManifestRef,
    NightRecord,
    PublishFacts,
    TrainFacts,
)
from ct_retrain.core.workspace import MANIFEST, Workspace

CHALLENGERS = "challengers"
"""Directory beside `adapter/` with one directory for each challenger, made like that of the train stage itself."""

F = TypeVar("F", CollectFacts, CurateFacts, TrainFacts, BenchmarkFacts, PublishFacts)


def read_manifest(path: Path) -> Manifest:
    """Return the manifest *path*; raise CorruptStateError if it is missing or invalid."""
    return disk.read_record(path, Manifest)


def all_manifests(workspace: Workspace) -> Iterator[Path]:
    """Return the manifests in all nights' directories, by path."""
    yield from sorted(workspace.work.glob(f"[0-9]*/*/{MANIFEST}"))


def find_manifest(workspace: Workspace, record: NightRecord, ref: ManifestRef) -> Path | None:
    """Return the path of the manifest *ref* of *record*'s night; None if it is gone."""
    archived = workspace.archive / record.night / ref.stage / MANIFEST
    return next((path for path in (workspace.root / ref.path, archived) if path.is_file()), None)


def kept_file(workspace: Workspace, night: str, name: str) -> Path | None:
    """Return the path of the file *name* of *night*'s directory, there or in the archive; None if it is gone."""
    places = (workspace.night(night) / name, workspace.archive / night / name)
    return next((path for path in places if path.is_file()), None)


def sealed(path: Path, ref: ManifestRef) -> Manifest:
    """Return the manifest *path*; raise CorruptStateError unless it is the one that the night ended with."""
    manifest = read_manifest(path)
    if disk.sha256_of(path) != ref.sha256:
        raise CorruptStateError(
            f"{path} is not the manifest that the night ended with: restore it from the snapshot"
        )
    return manifest


def facts_of(workspace: Workspace, record: NightRecord, kind: type[F]) -> F | None:
    """Return a stage's facts of *record*'s night; None if there is no such stage, or its manifest is gone."""
    stage = kind.model_fields["kind"].default
    for ref in record.stages:
        path = find_manifest(workspace, record, ref) if ref.stage == stage else None
        if path is not None:
            facts = read_manifest(path).facts
            return facts if isinstance(facts, kind) else None
    return None


def training_of(train: Path, arm: ArmId) -> Path:
    """Return where the training of *arm*, which contends, lies in the night's directory *train*."""
    recipe = recipe_of_arm(arm)
    return train / CHALLENGERS / recipe if recipe else train


def trained_by(train: Path, facts: TrainFacts, arm: ArmId) -> TrainFacts:
    """What the training of *arm* left in the night's directory *train*; *facts* are those of the stage itself."""
    directory = training_of(train, arm)
    return facts if directory == train else training_facts(read_manifest(directory / MANIFEST))


def training_facts(manifest: Manifest) -> TrainFacts:
    """Return the facts of a training; raise CorruptStateError for the manifest of another stage."""
    if not isinstance(manifest.facts, TrainFacts):
        raise CorruptStateError(f"a training of night {manifest.night} left {manifest.facts.kind} facts")
    return manifest.facts
