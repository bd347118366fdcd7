"""Off-site stores: a directory (such as a mounted share), or an S3-compatible bucket."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from ct_retrain import disk
from ct_retrain.adapters.s3 import S3Store
from ct_retrain.core.configuration.settings import SnapshotSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.ports import Store
from ct_retrain.core.records.snapshot import Stored
from ct_retrain.core.workspace import Workspace

_CHUNK = 1 << 20
_S3 = "s3://"


def open_store(settings: SnapshotSettings, workspace: Workspace) -> Store | None:
    """Return the store that *settings* name, without contacting it; None if they name none."""
    if not settings.target:
        return None
    if settings.target.startswith(_S3):
        bucket, _, prefix = settings.target.removeprefix(_S3).partition("/")
        if not bucket:
            message = f"setting snapshot.target: {settings.target} names no bucket; write s3://BUCKET/PREFIX"
            raise UsageError(message)
        return S3Store(bucket, prefix.strip("/"), settings)
    directory = (workspace.root / settings.target).resolve()
    for place in (workspace.work, workspace.models, workspace.archive, workspace.records, workspace.reports):
        if directory.is_relative_to(place.resolve()):
            message = f"setting snapshot.target: {directory} lies in {place}, which is what is copied; name another disk"
            raise UsageError(message)
    return DirectoryStore(directory)


class DirectoryStore:
    """Objects as files; the directory must exist, so that an unmounted share is noticed."""

    def __init__(self, directory: Path) -> None:
        """Store objects below *directory*."""
        self._root = directory

    @property
    def name(self) -> str:
        """The directory."""
        return str(self._root)

    def put(self, key: str, source: BinaryIO, size: int, sha256: str) -> Stored:
        """Copy the first *size* bytes of *source*, durably; an interrupted copy starts again."""
        path = self._path(key)
        disk.make_directory(path.parent)
        disk.write_chunks(path, _first(source, size))
        return Stored(key=key, size=size, sha256=sha256)

    def stat(self, key: str) -> Stored | None:
        """Return its size; its digest is known only after reading."""
        path = self._path(key)
        try:
            return Stored(key=key, size=path.stat().st_size, sha256="")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._error("look at", path, error) from error

    def read(self, key: str, version: str = "") -> Iterator[bytes] | None:
        """Return the bytes of the file; a directory keeps no versions."""
        del version
        path = self._path(key)
        return self._chunks(path) if path.is_file() else None

    def list(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Yield every file below the directory whose path begins with *prefix*."""
        top = self._path(prefix.rpartition("/")[0] or ".")
        for path in sorted(top.rglob("*")):
            key = path.relative_to(self._root).as_posix()
            if path.is_file() and key.startswith(prefix) and not path.name.startswith("."):
                yield key, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def tidy(self, before: datetime) -> None:
        """Delete temporary files not written since *before*."""
        for path in self._path("blobs").rglob(".*.tmp"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not self._root.is_dir():
            message = (
                f"{self._root} is not there: mount the share or create the directory that snapshot.target names, "
                "then run again"
            )
            raise ToolError(message)
        return self._root / key

    def _chunks(self, path: Path) -> Iterator[bytes]:
        try:
            yield from disk.chunks_of(path)
        except OSError as error:
            raise self._error("read", path, error) from error

    @staticmethod
    def _error(verb: str, path: Path, error: OSError) -> ToolError:
        return ToolError(
            f"cannot {verb} {path}: {error.strerror}; correct the share that snapshot.target names, then run again"
        )


def _first(source: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the first *size* bytes, so that a file that grows meanwhile is copied as it was when examined."""
    left = size
    while left and (chunk := source.read(min(left, _CHUNK))):
        left -= len(chunk)
        yield chunk
