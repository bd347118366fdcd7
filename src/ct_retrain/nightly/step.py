"""Runs one stage of a night: returns a finished one, continues an interrupted one, redoes one with changed inputs."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import Record, Sha256, digest
from ct_retrain.core.records.night import (
    Effort,
    Facts,
    Manifest,
)
from ct_retrain.core.stage import StageName
from ct_retrain.core.workspace import MANIFEST
from ct_retrain.manifests import read_manifest

_KEY = "key.json"
_TRANSITIVE = frozenset({MANIFEST, _KEY, "artefacts"})
"""Names not listed in a manifest: itself, the key file, and artefacts, whose digests are in traces.jsonl."""


_OF_A_PART = f"challengers/*/{MANIFEST}"
"""Manifests of trainings that a stage is made of: they hold clocks."""


class _Key(Record):
    """The inputs, as a digest, that an unfinished stage directory is made from."""

    key: Sha256


class Step(NamedTuple):
    """A stage of one night: its name, its directory, and the digest of all its inputs."""

    stage: StageName
    night: str
    directory: Path
    key: str


def content(manifest: Manifest) -> str:
    """Return a digest of what a stage made, without its times and those of its parts: equal contents, equal digests."""
    files = (file for file in manifest.files if not PurePath(file.path).match(_OF_A_PART))
    return digest(manifest.stage, *(f"{file.path} {file.sha256}" for file in files))


def finished_manifest(step: Step) -> Manifest | None:
    """Return the stage's manifest if it is done and was made from the same inputs.

    Raise CorruptStateError if a file it names is missing or has another size.
    """
    path = step.directory / MANIFEST
    if not path.exists():
        return None
    manifest = read_manifest(path)
    if manifest.key != step.key:
        return None
    for file in manifest.files:
        named = step.directory / file.path
        if not named.is_file() or named.stat().st_size != file.size:
            message = f"{named} differs from {path}: restore it, or `ct-retrain run --redo {step.stage}`"
            raise CorruptStateError(message)
    return manifest


def perform(step: Step, fill: Callable[[Path], Facts], effort: Callable[[], Effort]) -> Manifest:
    """Return the stage's manifest after doing what is left to do.

    *fill* gets the stage's directory: empty, or as an interrupted run on the same inputs left it. *effort* returns the
    judge's work so far; the stage's share is recorded beside its times.
    """
    done = finished_manifest(step)
    if done is not None:
        return done
    started, before = datetime.now(UTC), effort()
    _prepare(step)
    facts = fill(step.directory)
    disk.sync_tree(step.directory)
    manifest = Manifest(
        stage=step.stage,
        night=step.night,
        key=step.key,
        started=started,
        finished=datetime.now(UTC),
        effort=effort().since(before),
        files=disk.file_refs(step.directory, exclude=_TRANSITIVE),
        facts=facts,
    )
    disk.write_record(step.directory / MANIFEST, manifest)
    return manifest


def _prepare(step: Step) -> None:
    """Keep a partial directory made from the same inputs; replace any other by an empty one."""
    note = step.directory / _KEY
    if note.exists() and disk.read_record(note, _Key).key == step.key:
        (step.directory / MANIFEST).unlink(missing_ok=True)
        return
    disk.fresh_directory(step.directory)
    disk.write_record(note, _Key(key=step.key))
