"""Make a promoted adapter the one that `latest_nightly` points at; only a Promote value can, or a person by name.

Write order: release directory, then link, then history. Each step is skipped when it was already taken, so
a publish that was cut short ends the same when it is started again.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from ct_retrain import disk
from ct_retrain.core.decision import Decision, Promote
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.night import Move, PublishFacts, Release
from ct_retrain.core.problem import Scorecard

LATEST = "latest_nightly"
HISTORY = "history.jsonl"
RELEASE = "release.json"
SCORECARD = "scorecard.json"
"""What the release achieved the night it was made; the forgetting ledger reads it for as long as the release is there."""


class PublishInputs(NamedTuple):
    """What is published, and where."""

    night: str
    models: Path
    adapter: Path
    base: str
    metrics: dict[str, float]
    dataset_sha256: str
    scorecard: Scorecard


def release_name(night: str) -> str:
    """Directory of the release of *night*."""
    return f"nightly_{night}"


def publish(out: Path, inputs: PublishInputs, decision: Promote) -> PublishFacts:
    """Copy the adapter to its release directory, read-only, then swap `latest_nightly` and record the move."""
    name = _released(out / "release", inputs, decision, forced="")
    why = decision.evidence.explanation
    move_latest(inputs.models, name, Reason(inputs.night, why, "night"))
    return PublishFacts(release=name, archive=None, latest=name)


def publish_forced(out: Path, inputs: PublishInputs, decision: Decision, because: str) -> str:
    """Publish what was not promoted, because a person says so; the release and the history keep who and why.

    *out* is an empty directory to work in. Return the name of the release.
    """
    name = _released(out / "release", inputs, decision, forced=because)
    why = f"forced against {decision.kind}: {because}"
    move_latest(inputs.models, name, Reason(inputs.night, why, "promote"))
    return name


def _released(staging: Path, inputs: PublishInputs, decision: Decision, *, forced: str) -> str:
    """The release directory, made unless it is there."""
    name = release_name(inputs.night)
    target = disk.make_directory(inputs.models) / name
    if not target.exists():
        _stage(disk.fresh_directory(staging), inputs, decision, forced)
        disk.publish_tree(staging, target)
    disk.remove_tree(staging)
    return name


def _stage(staged: Path, inputs: PublishInputs, decision: Decision, forced: str) -> None:
    for path in sorted(inputs.adapter.iterdir()):
        disk.write_bytes(staged / path.name, path.read_bytes())
    disk.write_record(staged / SCORECARD, inputs.scorecard)
    release = Release(
        night=inputs.night,
        base=inputs.base,
        decision=decision,
        forced=forced,
        metrics=inputs.metrics,
        dataset_sha256=inputs.dataset_sha256,
        files=disk.file_refs(staged),
    )
    disk.write_record(staged / RELEASE, release)


class Reason(NamedTuple):
    """Who moves the pointer and why: a line of the history."""

    night: str | None
    why: str
    who: Literal["night", "rollback", "promote"]


def latest(models: Path) -> str | None:
    """The release that `latest_nightly` points at; raise CorruptStateError when it is not a complete one."""
    link = models / LATEST
    if not link.is_symlink():
        if link.exists():
            message = (
                f"{link} is not a symlink (was the tree copied?): move it away, then `ct-retrain rollback`"
            )
            raise CorruptStateError(message)
        return None
    name = link.readlink().name
    if not (models / name / RELEASE).is_file():
        message = f"{link} points at {name}, which is no complete release: `ct-retrain rollback` to another"
        raise CorruptStateError(message)
    return name


def scorecards(models: Path) -> dict[str, Scorecard]:
    """What every release achieved when it was made, oldest first."""
    paths = sorted(models.glob(f"nightly_*/{SCORECARD}"))
    return {path.parent.name: disk.read_record(path, Scorecard) for path in paths}


def move_latest(models: Path, name: str, reason: Reason) -> None:
    """Point `latest_nightly` at release *name* and add the move to the history; both or, after a crash, either once."""
    before = _pointed(models)
    if before != name:
        disk.swap_link(models / LATEST, name)
    moves = history(models)
    if moves and moves[-1].target == name:
        return
    source = moves[-1].target if moves else None
    move = Move(
        at=datetime.now(UTC), night=reason.night, source=source, target=name, why=reason.why, who=reason.who
    )
    disk.append_record(models / HISTORY, move)


def history(models: Path) -> list[Move]:
    """Every move of the pointer, oldest first."""
    path = models / HISTORY
    return list(disk.read_lines(path, Move)) if path.exists() else []


def predecessor(models: Path) -> str:
    """The release that was served before the current one; raise UsageError when there was none."""
    current = latest(models)
    earlier = [move.target for move in history(models) if move.target not in (None, current)]
    name = earlier[-1] if earlier else None
    if name is None:
        message = (
            f"no earlier release is on record in {models / HISTORY}: name one, `ct-retrain rollback NIGHT`"
        )
        raise UsageError(message)
    return name


def verified(models: Path, name: str) -> Release:
    """The release *name* after comparing every byte with its manifest; raise UsageError or CorruptStateError."""
    directory = models / name
    if not directory.is_dir():
        message = f"{directory} does not exist; `ct-retrain history` lists the releases"
        raise UsageError(message)
    release = disk.read_record(directory / RELEASE, Release)
    broken = list(disk.breaches(directory, release.files))
    if broken:
        raise CorruptStateError("; ".join(broken))
    return release


def _pointed(models: Path) -> str | None:
    link = models / LATEST
    return link.readlink().name if link.is_symlink() else None
