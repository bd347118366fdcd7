"""Restores a night from its off-site copy, bit for bit: contents, permissions, links.

Everything is first fetched into one hidden directory and verified, then moved into place, manifests last; an
interrupted restore is completed by the next call. The store is not trusted: an index must have the digest in its name,
every blob too, and no member may be outside the paths of its night.
"""

import contextlib
import hashlib
import stat
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.ports import Store
from ct_retrain.core.records.snapshot import (
    NIGHTS,
    DirectoryMember,
    FileMember,
    LinkMember,
    Member,
    Restored,
    SnapshotIndex,
    blob_key,
    list_key,
)
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.nightly.snapshots.index import (
    is_log,
    member_at,
    places,
    shared,
)
from ct_retrain.nightly.snapshots.upload import AT_ONCE, receipt_of, segments_of
from ct_retrain.releases import RELEASE

_SHOWN = 5


def nights_in(store: Store) -> list[str]:
    """Return every night that *store* has an index of."""
    return sorted({key.removeprefix(NIGHTS).partition("/")[0] for key, _ in store.list(NIGHTS)})


def restore(
    workspace: Workspace, store: Store, night: str, into: Path | None = None, *, force: bool = False
) -> Restored:
    """Restore *night* into the workspace, or into another directory with the same layout.

    Raise UsageError if an existing file differs, unless *force* overwrites it, and ToolError or CorruptStateError if
    the store does not give back what it was given. Files that are written to later (the history, the page and the log)
    are restored only if they are missing.
    """
    root = into or workspace.root
    copy = _copy_of(workspace, store, night)
    foreign = _foreign(workspace, copy.contents)
    if foreign:
        message = f"the index of {night} in {store.name} names {foreign}, which does not belong to that night under paths.*"
        raise UsageError(message)
    missing, different = _compared(root, copy.contents, frozenset(shared(workspace, night)))
    if different and not force:
        named = ", ".join(one.path for one in different[:_SHOWN])
        message = f"{len(different)} paths below {root} differ from the copy of {night} ({named} …): --force overwrites them"
        raise UsageError(message)
    wanted = [*missing, *different]
    staging = disk.make_directory(root / f".restore-{night}.tmp")
    blobs = {one.sha256: one for one in wanted if isinstance(one, FileMember)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(partial(_fetch, store, copy, staging), blobs.values()))
    record = workspace.relative(workspace.record(night))
    _place(root, sorted(wanted, key=lambda one: (one.path == record, _seals(one), one.path)), staging)
    if into is None:
        _reopen(workspace, night)
    disk.remove_tree(staging)
    written = sum(one.size for one in wanted if isinstance(one, FileMember))
    unchanged = len(copy.contents.members) - len(wanted)
    return Restored(night=night, into=str(root), written=len(wanted), unchanged=unchanged, size=written)


class _Copy(NamedTuple):
    """What the store holds of a night."""

    contents: SnapshotIndex
    versions: dict[str, str]
    """Key → version, if a receipt records it."""


def _copy_of(workspace: Workspace, store: Store, night: str) -> _Copy:
    """Return the copy that the local receipt describes; without a receipt for this store, the newest index there."""
    receipt = receipt_of(workspace, night)
    if receipt is not None and receipt.store == store.name:
        return _Copy(receipt.contents, {one.key: one.version for one in receipt.objects})
    found = sorted((at, key) for key, at in store.list(f"{NIGHTS}{night}/"))
    if not found:
        named = f"; its receipt names {receipt.store}" if receipt else ""
        message = f"{store.name} holds no copy of {night}{named}: `ct-retrain restore` lists what it holds"
        raise UsageError(message)
    key = found[-1][1]
    data = b"".join(store.read(key) or ())
    try:
        index = SnapshotIndex.model_validate_json(data)
    except ValidationError as error:
        raise _damaged(store, key) from error
    if hashlib.sha256(data).hexdigest() != Path(key).stem or index.night != night:
        raise _damaged(store, key)
    return _Copy(index, {})


def _foreign(workspace: Workspace, index: SnapshotIndex) -> str | None:
    """Return the first member outside the paths of its night, or beneath a link."""
    own = places(workspace, index.night)
    links = {one.path for one in index.members if isinstance(one, LinkMember)}
    for one in index.members:
        above = {parent.as_posix() for parent in Path(one.path).parents}
        if not (one.path in own or above & set(own)) or above & links:
            return one.path
    return None


def _compared(root: Path, index: SnapshotIndex, several: frozenset[str]) -> tuple[list[Member], list[Member]]:
    """Return the members that are missing below *root*, and those that exist and differ."""
    missing: list[Member] = []
    different: list[Member] = []
    for one in index.members:
        there = member_at(root, one.path)
        if there is None or (isinstance(one, DirectoryMember) and isinstance(there, DirectoryMember)):
            missing += [one] if there != one else []
        elif there != one and one.path not in several and not is_log(one.path):
            different.append(one)
    return missing, different


def _fetch(store: Store, copy: _Copy, staging: Path, member: FileMember) -> None:
    """Fetch the bytes of *member*, unless an earlier try did, and verify them."""
    target = staging / member.sha256
    if target.is_file() and disk.sha256_of(target) == member.sha256:
        return
    if member.sha256 in copy.contents.segmented:
        key = list_key(member.sha256)
        parts = segments_of(store, key, copy.versions.get(key, ""))
        disk.write_chunks(
            target, chain.from_iterable(_chunks(store, copy, one.sha256, member) for one in parts)
        )
    else:
        key = blob_key(member.sha256)
        disk.write_chunks(target, _chunks(store, copy, member.sha256, member))
    if disk.sha256_of(target) != member.sha256:
        target.unlink()
        raise _damaged(store, f"{key} ({member.path})")


def _chunks(store: Store, copy: _Copy, sha256: str, member: FileMember) -> Iterator[bytes]:
    """Yield the bytes with digest *sha256*, which are *member* or a segment of it; raise ToolError if they are gone."""
    key = blob_key(sha256)
    chunks = store.read(key, copy.versions.get(key, ""))
    if chunks is None:
        message = f"{store.name} no longer holds {key} ({member.path}): find another copy of the store; nothing was changed"
        raise CorruptStateError(message)
    yield from chunks


def _place(root: Path, wanted: Sequence[Member], staging: Path) -> None:
    """Move *wanted* into place, in order but directories first; set their permissions last."""
    directories = [one for one in wanted if isinstance(one, DirectoryMember)]
    for directory in directories:
        path = root / directory.path
        if not path.is_dir() or path.is_symlink():
            path.unlink(missing_ok=True)
        disk.make_directory(path)
    for one in wanted:
        _put(root / one.path, one, staging)
    for directory in reversed(directories):
        (root / directory.path).chmod(directory.mode)
    for path in {(root / one.path).parent for one in wanted}:
        disk.sync_directory(path)


def _put(path: Path, member: Member, staging: Path) -> None:
    if isinstance(member, DirectoryMember):
        return
    disk.make_directory(path.parent)
    if path.is_dir() and not path.is_symlink():
        disk.remove_tree(path)
    with _writable(path.parent):
        if isinstance(member, LinkMember):
            disk.swap_link(path, member.target)
        else:
            disk.write_chunks(path, disk.chunks_of(staging / member.sha256), member.mode)


@contextlib.contextmanager
def _writable(directory: Path) -> Generator[None]:
    """Make *directory* writable meanwhile: a release is read-only, and a file of it may be missing."""
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & 0o300 == 0o300:
        yield
        return
    directory.chmod(mode | 0o300)
    try:
        yield
    finally:
        directory.chmod(mode)


def _seals(member: Member) -> bool:
    """Whether *member* states that what is beside it is complete, and is therefore written last."""
    return Path(member.path).name in (MANIFEST, RELEASE)


def _reopen(workspace: Workspace, night: str) -> None:
    """Record that the night is complete again: its retention starts anew, and nothing of it counts as purged."""
    receipt = receipt_of(workspace, night)
    if receipt is not None:
        renewed = receipt.model_copy(update={"restored_at": datetime.now(UTC)})
        disk.write_record(workspace.receipt(night), renewed)
    if workspace.purged(night).exists():
        workspace.purged(night).unlink()
        disk.sync_directory(workspace.night(night))


def _damaged(store: Store, what: str) -> ToolError:
    return ToolError(
        f"{store.name} returned other bytes than were sent for {what}: run again, and if that does not help, find "
        "another copy or version of it; nothing was changed"
    )
