"""Checkpoints that are safe after a crash: each has a manifest, written last, and counts only with it.

A directory of checkpoints belongs to one plan; another plan starts anew.
"""

import json
from pathlib import Path
from typing import Any

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import FileRef, Record
from ct_retrain.core.records.training import Fit, LossPoint, TrainPlan

_MANIFEST = "ct-retrain.json"
PREFERENCE_CHECKPOINTS = "preference_checkpoints"
"""Directory of the checkpoints of the second phase."""
_OURS = ("adapter", "checkpoints", PREFERENCE_CHECKPOINTS)


class Checkpoint(Record):
    """What a complete checkpoint holds."""

    step: int
    seconds: float
    """Seconds of training up to here, over all attempts."""
    files: tuple[FileRef, ...]


def claim(plan: TrainPlan, out: Path) -> Fit | None:
    """Prepare *out* for *plan* by removing what another plan left; return the Fit if *plan* is already done."""
    disk.make_directory(out)
    if _plan_of(out) != plan:
        for name in _OURS:
            disk.remove_tree(out / name)
        for name in ("fit.json", "losses.jsonl"):
            (out / name).unlink(missing_ok=True)
        disk.write_record(out / "plan.json", plan)
    done = (out / "fit.json").is_file() and (out / "adapter" / "adapter_model.safetensors").is_file()
    return disk.read_record(out / "fit.json", Fit) if done else None


def plan_in(out: Path) -> TrainPlan:
    """Return the plan for which *out* was claimed; raise CorruptStateError if there is none."""
    return disk.read_record(out / "plan.json", TrainPlan)


def finish(out: Path, fit: Fit) -> None:
    """Record that the adapter is complete, and remove the checkpoints."""
    disk.sync_tree(out / "adapter")
    disk.write_record(out / "fit.json", fit)
    for name in ("checkpoints", PREFERENCE_CHECKPOINTS):
        disk.remove_tree(out / name)


def save_adapter(model: Any, directory: Path, base: str) -> None:
    """Leave only the adapter in *directory*: no model card, no configuration that depends on hash seeds."""
    disk.fresh_directory(directory)
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(directory, save_embedding_layers=False)
    (directory / "README.md").unlink(missing_ok=True)
    path = directory / "adapter_config.json"
    config: dict[str, Any] = json.loads(path.read_text())
    if isinstance(config["target_modules"], list):
        config["target_modules"] = sorted(config["target_modules"])
    disk.write_text(path, json.dumps(config, indent=2, sort_keys=True) + "\n")


def seal(directory: Path, step: int, seconds: float) -> None:
    """Make the checkpoint in *directory* durable, then write its manifest."""
    files = disk.file_refs(directory, exclude=frozenset({_MANIFEST}))
    disk.sync_tree(directory)
    disk.write_record(directory / _MANIFEST, Checkpoint(step=step, seconds=seconds, files=files))


def newest(checkpoints: Path) -> tuple[Path | None, float]:
    """Return the last complete checkpoint and its training seconds; remove every incomplete one."""
    found: list[tuple[int, Path, float]] = []
    for directory in checkpoints.glob("checkpoint-*"):
        sealed = _sealed(directory)
        if sealed is None:
            disk.remove_tree(directory)
        else:
            found.append((sealed.step, directory, sealed.seconds))
    if not found:
        return None, 0.0
    _, directory, seconds = max(found)
    return directory, seconds


def write_losses(out: Path, losses: tuple[LossPoint, ...]) -> None:
    """Write the loss curve so far beside the adapter; a resumed run repeats no step."""
    disk.write_lines(out / "losses.jsonl", iter(losses))


def _sealed(directory: Path) -> Checkpoint | None:
    try:
        checkpoint = disk.read_record(directory / _MANIFEST, Checkpoint)
    except CorruptStateError:
        return None
    return None if any(disk.breaches(directory, checkpoint.files)) else checkpoint


def _plan_of(out: Path) -> TrainPlan | None:
    try:
        return plan_in(out)
    except CorruptStateError:
        return None
