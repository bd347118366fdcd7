"""Checkpoints that can be trusted after a crash: each gets a manifest, last, and without one it does not exist.

A directory of checkpoints belongs to one plan; another plan starts from nothing.
"""

import json
from pathlib import Path
from typing import Any

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import FileRef, Record
from ct_retrain.core.records.training import Fit, LossPoint, TrainPlan

_MANIFEST = "ct-retrain.json"
_OURS = ("adapter", "checkpoints")


class Checkpoint(Record):
    """What a complete checkpoint holds."""

    step: int
    seconds: float
    """Training time spent up to here, over all attempts."""
    files: tuple[FileRef, ...]


def claim(plan: TrainPlan, out: Path) -> Fit | None:
    """Make *out* ready for *plan*: whatever another plan left is removed; return the Fit if *plan* is already done."""
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
    """The plan that *out* was claimed for; raise CorruptStateError where there is none."""
    return disk.read_record(out / "plan.json", TrainPlan)


def finish(out: Path, fit: Fit) -> None:
    """Record that the adapter is complete and remove the checkpoints."""
    disk.sync_tree(out / "adapter")
    disk.write_record(out / "fit.json", fit)
    disk.remove_tree(out / "checkpoints")


def save_adapter(model: Any, directory: Path, base: str) -> None:
    """Leave the adapter alone in *directory*: no model card, and a configuration that does not vary with hash seeds."""
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
    """Make the checkpoint in *directory* durable, then say that it is."""
    files = disk.file_refs(directory, exclude=frozenset({_MANIFEST}))
    disk.sync_tree(directory)
    disk.write_record(directory / _MANIFEST, Checkpoint(step=step, seconds=seconds, files=files))


def newest(checkpoints: Path) -> tuple[Path | None, float]:
    """The last complete checkpoint and the seconds behind it; every torn one is removed."""
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
    """Put the loss curve so far beside the adapter, for whoever watches; a resumed run leaves no step twice."""
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
