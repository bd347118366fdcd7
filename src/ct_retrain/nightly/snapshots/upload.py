"""Copies a night off-site, and reads everything back before the receipt says that the copy exists.

Blobs are named by their digest, so nothing is sent twice; files that grow from night to night are split into segments,
each a blob. Write order: blobs → lists of segments → index → everything is read back → receipt. A crash anywhere
leaves objects that the next try finds, and no receipt.
"""

import hashlib
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import structlog
from pydantic import ValidationError

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, CtRetrainError, ToolError, UsageError
from ct_retrain.core.ports import Store
from ct_retrain.core.progress import paced
from ct_retrain.core.record import canonical_json
from ct_retrain.core.records.night import NightRecord
from ct_retrain.core.records.snapshot import (
    LISTS,
    FileMember,
    Receipt,
    Segment,
    SegmentList,
    SnapshotIndex,
    Stored,
    blob_key,
    index_key,
    list_key,
)
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.records import index
from ct_retrain.nightly.snapshots.index import incomplete, index_of
from ct_retrain.releases import RELEASE, release_name

_LOG = structlog.get_logger("ct_retrain.nightly")
AT_ONCE = 8
"""Number of objects in flight; small ones mostly wait for the server."""
_STALE = timedelta(days=1)


def snapshot(workspace: Workspace, store: Store, night: str) -> Receipt:
    """Copy *night* off-site, or the part that is not there; return the receipt that all of it was read back.

    Raise UsageError if the night is not over, CorruptStateError if it is not intact, and ToolError if the store fails;
    the same call then continues where it stopped.
    """
    if not workspace.record(night).exists():
        message = f"night {night} is not over: only nights on record are copied off-site; `ct-retrain status` lists them"
        raise UsageError(message)
    if workspace.purged(night).exists():
        return _standing(workspace, store, night)
    index = index_of(workspace, night)
    broken = incomplete(workspace, index)
    if broken:
        message = f"night {night} is not intact and was not copied off-site: {'; '.join(broken[:5])}"
        raise CorruptStateError(message)
    receipt = _sent(workspace, store, index)
    disk.make_directory(workspace.receipt(night).parent)
    disk.write_record(workspace.receipt(night), receipt)
    store.tidy(datetime.now(UTC) - _STALE)
    _LOG.info(
        "snapshot verified", night=night, store=store.name, objects=len(receipt.objects), size=index.size
    )
    return receipt


def upload_missing(workspace: Workspace, store: Store) -> list[Receipt]:
    """Copy every night that is over and has no receipt for its current state.

    A night that cannot be copied does not stop the others, unless the store is at fault; the first error is raised at
    the end.
    """
    failed: list[CtRetrainError] = []
    done: list[Receipt] = []
    for night in index.ended_nights(workspace):
        if workspace.purged(night).exists():
            continue
        record = disk.read_record(workspace.record(night), NightRecord)
        if not _covered(workspace, store, record):
            try:
                done.append(snapshot(workspace, store, night))
            except CorruptStateError as error:
                failed.append(error)
    if failed:
        raise failed[0]
    return done


def receipt_of(workspace: Workspace, night: str) -> Receipt | None:
    """Return the receipt of *night*, if it has one."""
    path = workspace.receipt(night)
    return disk.read_record(path, Receipt) if path.exists() else None


def unverified(store: Store, receipt: Receipt) -> list[str]:
    """Read every object of *receipt* back, by its version; return those that the store lost or damaged."""
    objects = [receipt.index, *receipt.objects]
    what = f"reading back {receipt.night}"
    with ThreadPoolExecutor(AT_ONCE) as pool:
        held = list(paced(pool.map(partial(_holds, store), objects), what, len(objects)))
        lost = [one.key for one, whole in zip(objects, held, strict=True) if not whole]
        whole_lists = [one for one in receipt.objects if one.key.startswith(LISTS) and one.key not in lost]
        parts = {
            blob_key(part.sha256): part
            for one in whole_lists
            for part in segments_of(store, one.key, one.version)
        }
        stored = [Stored(key=key, size=part.size, sha256=part.sha256) for key, part in parts.items()]
        held = list(paced(pool.map(partial(_holds, store), stored), f"{what}: segments", len(stored)))
    return lost + [one.key for one, whole in zip(stored, held, strict=True) if not whole]


def segments_of(store: Store, key: str, version: str = "") -> tuple[Segment, ...]:
    """Return the segments that the object *key* lists; raise ToolError if it is missing or not a list."""
    try:
        return SegmentList.model_validate_json(b"".join(store.read(key, version) or ())).segments
    except ValidationError as error:
        message = f"{store.name} gives back no list of segments for {key}: find another copy or version of it"
        raise ToolError(message) from error


class _Blob(NamedTuple):
    """Bytes to send, under the name that their digest gives them."""

    key: str
    size: int
    sha256: str
    open: Callable[[], BinaryIO]
    origin: str


def _sent(workspace: Workspace, store: Store, index: SnapshotIndex) -> Receipt:
    files = {one.sha256: one for one in index.files}
    blobs = [_blob(workspace, one) for one in files.values() if one.sha256 not in index.segmented]
    cut = {sha256: tuple(_segments(workspace, files[sha256])) for sha256 in index.segmented}
    parts = {part.key: part for found in cut.values() for part in found}
    _each(store, list(parts.values()), f"copying {index.night}: segments")
    lists = [_list(files[sha256], found) for sha256, found in cut.items()]
    objects = _each(store, [*blobs, *lists], f"copying {index.night}")
    data = canonical_json(index).encode()
    named = _kept(
        store, _in_memory(index_key(index.night, hashlib.sha256(data).hexdigest()), data, "the index")
    )
    return Receipt(
        night=index.night,
        store=store.name,
        verified_at=datetime.now(UTC),
        host=socket.gethostname(),
        index=named,
        objects=tuple(objects),
        contents=index,
    )


def _blob(workspace: Workspace, member: FileMember) -> _Blob:
    path = workspace.root / member.path
    return _Blob(blob_key(member.sha256), member.size, member.sha256, lambda: path.open("rb"), member.path)


def _segments(workspace: Workspace, member: FileMember) -> Iterator[_Blob]:
    path = workspace.root / member.path
    for cut in disk.cuts(path, member.size):
        yield _Blob(blob_key(cut.sha256), cut.size, cut.sha256, partial(_opened, path, cut.at), member.path)


def _opened(path: Path, at: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(at)
    return file


def _list(member: FileMember, parts: Sequence[_Blob]) -> _Blob:
    listed = SegmentList(segments=tuple(Segment(size=one.size, sha256=one.sha256) for one in parts))
    return _in_memory(list_key(member.sha256), canonical_json(listed).encode(), member.path)


def _in_memory(key: str, data: bytes, origin: str) -> _Blob:
    return _Blob(key, len(data), hashlib.sha256(data).hexdigest(), lambda: BytesIO(data), origin)


def _each(store: Store, blobs: Sequence[_Blob], what: str) -> list[Stored]:
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        return list(paced(pool.map(partial(_kept, store), blobs), what, len(blobs)))
    finally:
        pool.shutdown(cancel_futures=True)


def _kept(store: Store, blob: _Blob) -> Stored:
    """Send *blob* unless the store has it, and read it back; a damaged one is sent once more."""
    there = store.stat(blob.key)
    if there is not None and there.size == blob.size and there.sha256 in ("", blob.sha256):
        found = there.model_copy(update={"sha256": blob.sha256})
        if _holds(store, found):
            return found
    for _ in range(2):
        sent = _put(store, blob)
        if _holds(store, sent):
            return sent
    message = (
        f"{store.name} does not give back what was sent as {blob.key} ({blob.origin}): the store, or the connection to it, damages "
        "data, or the file is being written to; nothing is purged; correct the cause, then run again"
    )
    raise ToolError(message)


def _put(store: Store, blob: _Blob) -> Stored:
    try:
        with blob.open() as source:
            return store.put(blob.key, source, blob.size, blob.sha256)
    except FileNotFoundError as error:
        message = f"{blob.origin} went away while its night was copied off-site; run again"
        raise ToolError(message) from error


def _holds(store: Store, stored: Stored) -> bool:
    """Whether the store gives back exactly the bytes of *stored*."""
    chunks = store.read(stored.key, stored.version)
    if chunks is None:
        return False
    state = hashlib.sha256()
    for chunk in chunks:
        state.update(chunk)
    return state.hexdigest() == stored.sha256


def _standing(workspace: Workspace, store: Store, night: str) -> Receipt:
    """Return the receipt of a purged night after reading it back; there is nothing here to send again."""
    receipt = receipt_of(workspace, night)
    lost = unverified(store, receipt) if receipt else ["its receipt"]
    if receipt is None or lost:
        message = (
            f"night {night} was purged, and {store.name} lacks or damages {', '.join(lost[:5])}: find another copy of "
            "the store, or of its versions"
        )
        raise CorruptStateError(message)
    return receipt


def _covered(workspace: Workspace, store: Store, record: NightRecord) -> bool:
    """Whether the receipt is for this record, its manifests and release, in this store; they cover all other files."""
    receipt = receipt_of(workspace, record.night)
    if receipt is None or receipt.store != store.name:
        return False
    known = {one.path: one.sha256 for one in receipt.contents.files}
    return all(
        known.get(workspace.relative(path)) == disk.sha256_of(path) for path in _seals(workspace, record)
    )


def _seals(workspace: Workspace, record: NightRecord) -> list[Path]:
    release = workspace.models / release_name(record.night) / RELEASE
    manifests = [workspace.root / ref.path for ref in record.stages]
    return [path for path in (workspace.record(record.night), *manifests, release) if path.is_file()]
