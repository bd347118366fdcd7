"""Publish a night against its decision, by a person's word; everything is checked but the gate."""

from ct_retrain import disk
from ct_retrain.core.decision import Promote
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.night import BenchmarkFacts, CurateFacts, Manifest, ManifestRef, NightRecord, TrainFacts
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.nightly.night import Ports
from ct_retrain.stages.publish import PublishInputs, publish_forced
from ct_retrain.stages.train import ADAPTER


def promote(workspace: Workspace, ports: Ports, night: str, because: str) -> str:
    """Publish the adapter of *night*, which was held or rejected; return the name of the release.

    Raise UsageError where there is nothing to force, CorruptStateError where the adapter is not the one that was
    trained, and ToolError where it does not load.
    """
    if not because.strip():
        message = "a forced publish needs its reason: --because, and it is kept for ever"
        raise UsageError(message)
    if not workspace.record(night).exists():
        message = f"night {night} is not over; `ct-retrain status` lists the nights"
        raise UsageError(message)
    record = disk.read_record(workspace.record(night), NightRecord)
    if record.decision is None:
        message = f"night {night} had nothing new: there is no adapter to publish"
        raise UsageError(message)
    if isinstance(record.decision, Promote):
        message = f"night {night} published by itself: `ct-retrain rollback {night}` serves it again"
        raise UsageError(message)
    inputs = _inputs(workspace, record)
    ports.generators.open(inputs.adapter)
    staging = disk.fresh_directory(workspace.models / f".{night}.tmp")
    name = publish_forced(staging, inputs, record.decision, because.strip())
    disk.remove_tree(staging)
    return name


def _inputs(workspace: Workspace, record: NightRecord) -> PublishInputs:
    done = {ref.stage: _manifest(workspace, ref) for ref in record.stages}
    directory = workspace.stage(record.night, "train")
    broken = list(disk.breaches(directory, done["train"].files))
    if broken:
        raise CorruptStateError("; ".join(broken))
    trained, curated, measured = (done[stage].facts for stage in ("train", "curate", "benchmark"))
    if (
        not isinstance(trained, TrainFacts)
        or not isinstance(curated, CurateFacts)
        or not isinstance(measured, BenchmarkFacts)
    ):
        message = f"the manifests of night {record.night} are not those of a night: restore {directory.parent / MANIFEST}"
        raise CorruptStateError(message)
    scorecard = next((card for card in measured.scorecards if card.arm == "candidate"), None)
    if scorecard is None:
        message = (
            f"the adapter of night {record.night} did not load and was never measured; if it loads by now: "
            f"`ct-retrain run --night {record.night} --redo benchmark`"
        )
        raise UsageError(message)
    return PublishInputs(
        night=record.night,
        models=workspace.models,
        adapter=directory / ADAPTER,
        base=trained.base,
        metrics=record.metrics,
        dataset_sha256=curated.dataset_sha256,
        scorecard=scorecard,
    )


def _manifest(workspace: Workspace, ref: ManifestRef) -> Manifest:
    """The manifest that the night ended with; raise CorruptStateError when it is another one by now."""
    path = workspace.root / ref.path
    manifest = disk.read_record(path, Manifest)
    if disk.sha256_of(path) != ref.sha256:
        message = f"{path} is not the manifest that the night ended with: restore it from the snapshot"
        raise CorruptStateError(message)
    return manifest
