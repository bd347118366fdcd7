"""What a file holds, and how it differs from what is said of it."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from ct_retrain.core.record import FileRef
from ct_retrain.disk.names import is_temporary

Compare: TypeAlias = Callable[[Path, FileRef], str]
"""How a file differs from what is said of it, in words after its name; empty when it does not."""

_CHUNK = 1 << 20


def sha256_of(path: Path, size: int | None = None) -> str:
    """Hex digest of the bytes of *path*, of its first *size* where it may grow."""
    state = hashlib.sha256()
    for chunk in chunks_of(path, size):
        state.update(chunk)
    return state.hexdigest()


def chunks_of(path: Path, size: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of *path*, or its first *size*, in pieces that fit in memory."""
    left = sys.maxsize if size is None else size
    with path.open("rb") as file:
        while chunk := file.read(min(_CHUNK, left)):
            left -= len(chunk)
            yield chunk


def file_ref(path: Path, root: Path) -> FileRef:
    """Name *path* by its bytes, relative to *root*."""
    return FileRef(path=path.relative_to(root).as_posix(), sha256=sha256_of(path), size=path.stat().st_size)


def file_refs(root: Path, *, exclude: frozenset[str] = frozenset()) -> tuple[FileRef, ...]:
    """Every regular file below *root* whose first path component is not in *exclude*, sorted by path.

    What a crash left half-written under a temporary name is no file of anybody's.
    """
    tops = [path for path in root.iterdir() if path.name not in exclude]
    found = (path for top in tops for path in (top, *top.rglob("*")))
    files = (path for path in found if path.is_file() and not path.is_symlink() and not is_temporary(path))
    return tuple(file_ref(path, root) for path in sorted(files))


def breaches(root: Path, files: tuple[FileRef, ...]) -> Iterator[str]:
    """Yield one sentence for each of *files* that is missing from *root* or holds other bytes."""
    for file in files:
        path = root / file.path
        wrong = difference(path, file)
        if wrong:
            yield f"{path} {wrong}"


def difference(path: Path, file: FileRef) -> str:
    """How *path* differs from what *file* says, in words after its name; empty when it does not."""
    rough = size_difference(path, file)
    return rough if rough or sha256_of(path) == file.sha256 else "does not hold the bytes its manifest names"


def size_difference(path: Path, file: FileRef) -> str:
    """The same at the price of one look: a file that holds as many other bytes goes unnoticed."""
    if not path.is_file():
        return "is missing"
    size = path.stat().st_size
    return (
        "" if size == file.size else f"does not hold the bytes its manifest names: {size} and not {file.size}"
    )
