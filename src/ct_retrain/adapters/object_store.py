"""Where off-site copies go: a directory (a mounted share among them), or an S3-compatible store."""

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
    """The store that *settings* name, not yet spoken to; None when they name none."""
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
    """Objects as files; the directory must exist, so that a share that is not mounted is noticed."""

    def __init__(self, directory: Path) -> None:
        """Keep objects below *directory*."""
        self._root = directory

    @property
    def name(self) -> str:
        """The directory."""
        return str(self._root)

    def put(self, key: str, source: BinaryIO, size: int, sha256: str) -> Stored:
        """Copy the first *size* bytes of *source*, durably; a copy that was cut short starts again."""
        path = self._path(key)
        disk.make_directory(path.parent)
        disk.write_chunks(path, _first(source, size))
        return Stored(key=key, size=size, sha256=sha256)

    def stat(self, key: str) -> Stored | None:
        """Its size; what it holds is known only to who reads it."""
        path = self._path(key)
        try:
            return Stored(key=key, size=path.stat().st_size, sha256="")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._error("look at", path, error) from error

    def read(self, key: str, version: str = "") -> Iterator[bytes] | None:
        """The bytes of the file; a directory keeps no versions."""
        del version
        path = self._path(key)
        return self._chunks(path) if path.is_file() else None

    def list(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Every file below the directory that *prefix* begins with."""
        top = self._path(prefix.rpartition("/")[0] or ".")
        for path in sorted(top.rglob("*")):
            key = path.relative_to(self._root).as_posix()
            if path.is_file() and key.startswith(prefix) and not path.name.startswith("."):
                yield key, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def tidy(self, before: datetime) -> None:
        """Drop temporary files that nobody has written to since *before*."""
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
            f"cannot {verb} {path}: {error.strerror}; mend the share that snapshot.target names, then run again"
        )


def _first(source: BinaryIO, size: int) -> Iterator[bytes]:
    """The first *size* bytes: a file that grows meanwhile is copied as it was when it was looked at."""
    left = size
    while left and (chunk := source.read(min(left, _CHUNK))):
        left -= len(chunk)
        yield chunk
