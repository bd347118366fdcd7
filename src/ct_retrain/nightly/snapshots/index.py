"""The files of a night on disk: the paths that belong to it, and the index of their contents."""

import stat
from collections.abc import Iterator
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.night import NightRecord
from ct_retrain.core.records.snapshot import (
    DirectoryMember,
    FileMember,
    LinkMember,
    Member,
    SnapshotIndex,
)
from ct_retrain.core.workspace import MANIFEST, NIGHT_LOG, SERVER_LOG, Workspace
from ct_retrain.manifests import read_manifest
from ct_retrain.releases import HISTORY, release_name
from ct_retrain.stages._artefact_store import ARTEFACTS, faults, names_pack, pack_files

_CONTINUED = (
    "collect/ledger.sqlite",
    "curate/dataset.jsonl",
    "curate/preferences.jsonl",
    "curate/repairs.jsonl",
    "train/mixture.jsonl",
    "train/preferences.jsonl",
)
"""Files that begin with the contents of the previous night's file; off-site, common segments are stored once."""


def places(workspace: Workspace, night: str) -> tuple[str, ...]:
    """Return the paths that belong to *night*, relative to the workspace; they need not exist."""
    own = (
        workspace.night(night),
        workspace.archive / night,
        workspace.models / release_name(night),
        workspace.record(night),
    )
    return tuple(_relative(workspace, path) for path in own) + shared(workspace, night)


def shared(workspace: Workspace, night: str) -> tuple[str, ...]:
    """Return those paths that other nights write to too, or that can be made again; a restore never overwrites them."""
    both = (workspace.models / HISTORY, workspace.reports / f"{night}.html")
    return tuple(_relative(workspace, path) for path in both)


def is_log(path: str) -> bool:
    """Whether *path* is a night's log or a rotated one; logs are written to after the night is over."""
    return Path(path).name.startswith((NIGHT_LOG, SERVER_LOG))


def index_of(workspace: Workspace, night: str) -> SnapshotIndex:
    """Return the index of *night* with the digest of every file; leftovers of interrupted writes are skipped."""
    members = [one for place in places(workspace, night) for one in _below(workspace.root, place)]
    members.sort(key=lambda one: one.path)
    own = f"{_relative(workspace, workspace.night(night))}/"
    grown = {one.sha256 for one in members if isinstance(one, FileMember) and _is_continued(one, own)}
    return SnapshotIndex(night=night, members=tuple(members), segmented=tuple(sorted(grown)))


def _is_continued(member: FileMember, own: str) -> bool:
    """Whether *member* begins with the contents of the previous night's file, and is large enough to be split."""
    return member.path.removeprefix(own) in _CONTINUED and member.size > 2 * disk.SEGMENT


def member_at(root: Path, name: str) -> Member | None:
    """Return what is at *name* below *root*; None if nothing is."""
    path = root / name
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    mode = stat.S_IMODE(found.st_mode) & 0o777
    if stat.S_ISLNK(found.st_mode):
        return LinkMember(path=name, target=str(path.readlink()))
    if stat.S_ISDIR(found.st_mode):
        return DirectoryMember(path=name, mode=mode)
    if not stat.S_ISREG(found.st_mode):
        message = f"{path} is neither file, directory nor link: move it away, then run again"
        raise UsageError(message)
    # The digest covers only as many bytes as the size says, because a log may grow meanwhile.
    return FileMember(path=name, mode=mode, size=found.st_size, sha256=disk.sha256_of(path, found.st_size))


def incomplete(workspace: Workspace, index: SnapshotIndex) -> list[str]:
    """Return a sentence for each file that a manifest of the night names and the night does not hold."""
    record = disk.read_record(workspace.record(index.night), NightRecord)
    present = {one.path: one.sha256 for one in index.files}
    broken = [
        f"{ref.path} is not the manifest that the night ended with"
        for ref in record.stages
        if present.get(ref.path) != ref.sha256
    ]
    for ref in record.stages if not broken else ():
        manifest = read_manifest(workspace.root / ref.path)
        directory = _relative(workspace, (workspace.root / ref.path).parent)
        broken += [
            f"{directory}/{file.path} differs from its manifest"
            for file in manifest.files
            if present.get(f"{directory}/{file.path}") != file.sha256
        ]
    return broken + _unsealed(workspace, index)


def _unsealed(workspace: Workspace, index: SnapshotIndex) -> list[str]:
    """Return errors in artefacts that no manifest names: loose files, named by digest, and packs made from them."""
    collected = workspace.stage(index.night, "collect")
    loose, pack = f"{_relative(workspace, collected)}/{ARTEFACTS}/", pack_files(collected)
    kept = (one for one in index.files if one.path.startswith(loose))
    broken = [f"{one.path} differs from its name" for one in kept if not one.path.endswith(one.sha256)]
    manifest = read_manifest(collected / MANIFEST) if pack.places.exists() else None
    if manifest is not None and not names_pack(manifest, collected):
        broken += [f"{_relative(workspace, path)} {wrong}" for path, wrong in faults(collected, closely=True)]
    return broken


def _below(root: Path, place: str) -> Iterator[Member]:
    found = member_at(root, place)
    if found is None or disk.is_temporary(root / place):
        return
    yield found
    if isinstance(found, DirectoryMember):
        for path in sorted((root / place).iterdir()):
            yield from _below(root, f"{place}/{path.name}")


def _relative(workspace: Workspace, path: Path) -> str:
    try:
        return workspace.relative(path)
    except ValueError as error:
        message = f"{path} is outside the workspace {workspace.root}, and only files inside it are copied off-site; correct paths.*"
        raise UsageError(message) from error
