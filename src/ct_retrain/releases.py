"""The releases of a workspace and the link `latest_nightly`: what is served, what was, and how the link moves."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.records.night import Move, Release
from ct_retrain.core.records.problem import Scorecard

LATEST = "latest_nightly"
HISTORY = "history.jsonl"
RELEASE = "release.json"
SCORECARD = "scorecard.json"
"""The release's scorecard when it was made; the forgetting check reads it as long as the release exists."""


def release_name(night: str) -> str:
    """Return the name of the release directory of *night*."""
    return f"nightly_{night}"


def night_of(release: str) -> str:
    """Return the night of *release*, a release directory's name."""
    return release.removeprefix(release_name(""))


class MoveReason(NamedTuple):
    """Who moves the pointer, and why: a line of the history."""

    night: str | None
    why: str
    who: Literal["night", "rollback", "promote", "relapse"]
    decision: Literal["promote", "hold", "reject"] | None = None


def latest(models: Path) -> str | None:
    """Return the release that `latest_nightly` points at; raise CorruptStateError if it is not a complete one."""
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


def release_scorecards(models: Path) -> dict[str, Scorecard]:
    """Return release → its scorecard when it was made, oldest first."""
    paths = sorted(models.glob(f"nightly_*/{SCORECARD}"))
    return {path.parent.name: disk.read_record(path, Scorecard) for path in paths}


def move_latest(models: Path, name: str | None, reason: MoveReason) -> None:
    """Point `latest_nightly` at release *name* and record the move; after a crash, a second call completes both.

    None means mainline, which is served while there is no pointer.
    """
    if name is None:
        disk.remove_link(models / LATEST)
    elif pointed(models) != name:
        disk.swap_link(models / LATEST, name)
    moves = moves_of(models)
    source = moves[-1].target if moves else None
    if source == name:
        return
    move = Move(at=datetime.now(UTC), source=source, target=name, **reason._asdict())
    disk.append_record(models / HISTORY, move)


def moves_of(models: Path) -> list[Move]:
    """Return all moves of the pointer, oldest first."""
    return list(each_move(models))


def each_move(models: Path) -> Iterator[Move]:
    """Yield all moves of the pointer, oldest first; raise CorruptStateError behind those before a damaged line."""
    path = models / HISTORY
    if path.exists():
        yield from disk.read_lines(path, Move)


def predecessor(models: Path) -> str | None:
    """Return the release to go back to: the newest before the current one that was not rolled back; None for mainline.

    Raise UsageError if mainline is served and there is no such release.
    """
    moves = moves_of(models)
    current = moves[-1].target if moves else pointed(models)
    names = earlier(moves, current)
    if current is None and not names:
        message = "mainline is served, and there is no earlier release; `ct-retrain rollback NIGHT` serves a release again"
        raise UsageError(message)
    return names[0] if names else None


def verified(models: Path, name: str) -> Release:
    """Return the release *name* after comparing every byte with its manifest; raise UsageError or CorruptStateError."""
    directory = models / name
    if not directory.is_dir():
        message = f"{directory} does not exist; `ct-retrain history` lists the releases"
        raise UsageError(message)
    release = disk.read_record(directory / RELEASE, Release)
    broken = list(disk.breaches(directory, release.files))
    if broken:
        raise CorruptStateError("; ".join(broken))
    return release


def pointed(models: Path) -> str | None:
    """The name that `latest_nightly` holds, whether or not there is such a release."""
    link = models / LATEST
    return link.readlink().name if link.is_symlink() else None


def earlier(moves: Sequence[Move], current: str | None) -> list[str]:
    """Return releases served before *current* from which nobody has rolled back, newest first.

    Publishing a release again cancels an earlier rollback from it. So repeated rollbacks end at mainline and
    never visit a release twice.
    """
    first: dict[str, int] = {}
    left: set[str] = set()
    for move in moves:
        for name in (move.source, move.target):
            if name is not None:
                first.setdefault(name, len(first))
        back = move.target is None or (move.source is not None and first[move.target] < first[move.source])
        if back and move.source is not None and move.who in ("rollback", "relapse"):
            left.add(move.source)
        if not back and move.target is not None:
            left.discard(move.target)
    since = first[current] if current in first else len(first)
    newest = sorted(first, key=lambda name: -first[name])
    return [name for name in newest if first[name] < since and name not in left]
