"""Publishes a night against its decision, on a person's responsibility; everything but the gate is still checked."""

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.records.decision import Decision, Promote
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    CurateFacts,
    NightRecord,
    TrainFacts,
)
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.manifests import sealed, trained_by
from ct_retrain.nightly.night import Ports
from ct_retrain.releases import moves_of, release_name
from ct_retrain.stages.publish import Force, PublishInputs, publish_forced
from ct_retrain.stages.train import adapter_of
from ct_retrain.suites.load import load_suite


def promote(workspace: Workspace, settings: Settings, ports: Ports, night: str, because: str) -> str:
    """Publish the adapter of *night*, which was held or rejected; return the name of the release.

    Raise UsageError if there is nothing to force or the adapter fails its canary, CorruptStateError if the adapter is
    not the one that was trained, and ToolError if it does not load.
    """
    if not because.strip():
        message = "a forced publish needs a reason: --because TEXT; it is recorded permanently"
        raise UsageError(message)
    if not workspace.record(night).exists():
        message = f"night {night} is not over; `ct-retrain status` lists the nights"
        raise UsageError(message)
    record = disk.read_record(workspace.record(night), NightRecord)
    force = Force(_overruled(workspace, record), because.strip())
    inputs = adapter_inputs(workspace, settings, record)
    ports.generators.open(inputs.adapter)
    staging = disk.fresh_directory(workspace.models / f".{night}.tmp")
    try:
        return publish_forced(staging, inputs, force, ports.generators, ports.simulator)
    finally:
        disk.remove_tree(staging)


def _overruled(workspace: Workspace, record: NightRecord) -> Decision:
    """Return the decision that is overruled; raise UsageError if there is none, or nothing to overrule."""
    night, decision = record.night, _decision_of(record)
    if any(move.target == release_name(night) for move in moves_of(workspace.models)):
        by = "by itself" if record.release is not None else "before, by force"
        message = f"night {night} published {by}: `ct-retrain rollback {night}` serves it again"
        raise UsageError(message)
    if isinstance(decision, Promote):
        message = f"night {night} was not stopped by the gate: {record.reason}"
        raise UsageError(message)
    return decision


def _decision_of(record: NightRecord) -> Decision:
    """Return what was decided on the adapter of *record*; raise UsageError if there is none."""
    if record.decision is None:
        raise UsageError(f"night {record.night} had nothing new: there is no adapter")
    if record.adapter is None:
        raise UsageError(
            f"night {record.night} was held back before it trained: there is no adapter; {record.reason}"
        )
    return record.decision


def adapter_inputs(workspace: Workspace, settings: Settings, record: NightRecord) -> PublishInputs:
    """Return the adapter that the night of *record* decided on, published or not, with all that is known of it.

    Raise UsageError if there is none, it was never measured or was purged, CorruptStateError if it is not what was
    trained.
    """
    _decision_of(record)
    done = {ref.stage: sealed(workspace.root / ref.path, ref) for ref in record.stages}
    directory = workspace.stage(record.night, "train")
    broken = list(disk.breaches(directory, done["train"].files))
    if broken and workspace.purged(record.night).exists():
        message = f"the raw copies of {record.night} were purged: `ct-retrain restore {record.night}` brings them back"
        raise UsageError(message)
    if broken:
        raise CorruptStateError("; ".join(broken))
    trained, curated, measured = (done[stage].facts for stage in ("train", "curate", "benchmark"))
    if (
        not isinstance(trained, TrainFacts)
        or not isinstance(curated, CurateFacts)
        or not isinstance(measured, BenchmarkFacts)
    ):
        message = (
            f"the manifests of night {record.night} are not valid: restore {directory.parent / MANIFEST}"
        )
        raise CorruptStateError(message)
    if measured.decided is None:
        message = (
            f"the adapter of night {record.night} did not load and was never measured; if it loads now: "
            f"`ct-retrain run --night {record.night} --redo benchmark`"
        )
        raise UsageError(message)
    return PublishInputs(
        night=record.night,
        models=workspace.models,
        adapter=adapter_of(directory, measured.decision.arm),
        base=trained.base,
        metrics=record.metrics,
        suite=load_suite(settings.benchmark.suite, workspace.root),
        trained=trained_by(directory, trained, measured.decision.arm),
        curated=curated,
        measured=measured,
    )
