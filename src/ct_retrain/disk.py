"""The only place that knows rename, fsync, symlink, flock and sha256.

Promises: a file that `write_*` made is either absent, old or new, never half; what a manifest names was
durable before the manifest was; `latest` links are replaced, never missing. Temporary names are fixed
(`.NAME.tmp`), so a crash leaves at most one and the next run overwrites it. Not covered: network file
systems that lie about fsync.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import socket
import stat
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

from ct_retrain.core.errors import CorruptStateError, LockedError, ToolError
from ct_retrain.core.record import FileRef, Record

R = TypeVar("R", bound=Record)
T = TypeVar("T")

Compare: TypeAlias = Callable[[Path, FileRef], str]
"""How a file differs from what is said of it, in words after its name; empty when it does not."""

_CHUNK = 1 << 20
_GRACE = 0.5
"""Seconds; between fork and exec a child shares its parent's lock."""
_REFUSALS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG, errno.EMFILE}
)
_MANY = 256
"""Above this many files one `sync` costs less than an fsync each."""


def write_bytes(path: Path, data: bytes) -> None:
    """Put *data* at *path*, durably and at once; the parent directory must exist."""
    write_chunks(path, (data,))


def write_chunks(path: Path, chunks: Iterable[bytes], mode: int | None = None) -> None:
    """Stream *chunks* into *path*, durably and at once, with the permissions *mode* if given."""
    temporary = _temporary(path)
    try:
        if mode is not None:
            temporary.unlink(missing_ok=True)
        with temporary.open("wb") as file:
            file.writelines(chunks)
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _tool_error("write", path, error) from error
    sync_directory(path.parent)


def write_text(path: Path, text: str) -> None:
    """Put *text* at *path* as UTF-8, durably and at once."""
    write_bytes(path, text.encode())


def write_scratch(path: Path, text: str) -> None:
    """Put *text* at *path* at once but not durably: for what can be made again, or is checked when it is read."""
    temporary = _temporary(path)
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise _tool_error("write", path, error) from error


def replace_file(source: Path, target: Path) -> None:
    """Let *source*, which another library wrote in the same directory, take the place of *target*: durably, at once."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        source.replace(target)
    except OSError as error:
        raise _tool_error("write", target, error) from error
    sync_directory(target.parent)


def write_record(path: Path, record: Record) -> None:
    """Put *record* at *path* as indented JSON, durably and at once."""
    write_text(path, record.model_dump_json(indent=2) + "\n")


def append_record(path: Path, record: Record) -> None:
    """Add *record* as the last line of *path*; for short files with one writer, rewritten whole so no line tears."""
    old = path.read_bytes() if path.exists() else b""
    write_bytes(path, old + record.model_dump_json().encode() + b"\n")


def write_lines(path: Path, records: Iterator[Record]) -> int:
    """Stream *records* into the JSONL file *path*, durably and at once; return how many."""
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for record in records:
            yield record.model_dump_json().encode() + b"\n"
            count += 1

    write_chunks(path, lines())
    return count


def read_record(path: Path, kind: type[R]) -> R:
    """Read the Record at *path*; raise CorruptStateError when it is missing, torn or of another shape."""
    return read_as(path, TypeAdapter(kind))


def read_as(path: Path, adapter: TypeAdapter[T]) -> T:
    """Read *path* as *adapter* says, for unions that have no class."""
    try:
        return adapter.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        message = f"{path} is missing: restore it from the snapshot, or redo its stage"
        raise CorruptStateError(message) from error
    except ValidationError as error:
        message = f"{path} is not what we wrote ({_first(error)}): restore it, or delete its directory and run again"
        raise CorruptStateError(message) from error


def read_lines(path: Path, kind: type[R]) -> Iterator[R]:
    """Yield the Records of the JSONL file *path*, one at a time; raise CorruptStateError naming the line."""
    adapter = TypeAdapter(kind)
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield adapter.validate_json(line)
                except ValidationError as error:
                    message = f"{path}:{number} is not what we wrote ({_first(error)}): redo its stage"
                    raise CorruptStateError(message) from error
    except FileNotFoundError as error:
        message = f"{path} is missing: restore it from the snapshot, or redo its stage"
        raise CorruptStateError(message) from error


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
    return "" if size == file.size else f"holds {size} bytes, and its manifest names {file.size}"


def sync_tree(root: Path) -> None:
    """Make everything below *root* durable: an fsync each, or one sync when there are many files."""
    found = (path for path in root.rglob("*") if not path.is_symlink())
    paths = list(islice(found, _MANY + 1))
    if len(paths) > _MANY:
        os.sync()
        return
    for path in [*paths, root]:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in *path* durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: Path) -> Path:
    """Create *path* and its parents where missing; return it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _tool_error("create", path, error) from error
    return path


def fresh_directory(path: Path) -> Path:
    """Leave an empty directory at *path*, whatever was there."""
    remove_tree(path)
    return make_directory(path)


def remove_tree(path: Path) -> None:
    """Delete the directory *path* and everything below it, read-only files too; absent is fine."""
    if not path.exists():
        return
    for directory in [
        path,
        *(child for child in path.rglob("*") if child.is_dir() and not child.is_symlink()),
    ]:
        directory.chmod(stat.S_IRWXU)
    shutil.rmtree(path)


def publish_tree(source: Path, target: Path) -> None:
    """Copy *source* to *target* as a whole: durable and read-only before it has its name."""
    staging = _temporary(target)
    remove_tree(staging)
    shutil.copytree(source, staging)
    sync_tree(staging)
    for path in sorted(staging.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    staging.rename(target)
    sync_directory(target.parent)


def swap_link(link: Path, target: str) -> None:
    """Point the symlink *link* at *target* (relative to its directory); a reader sees the old or the new, never none."""
    if link.is_dir() and not link.is_symlink():
        message = f"{link} is a directory, not a link (was the tree copied?): move it away, then run again"
        raise CorruptStateError(message)
    temporary = _temporary(link)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)
    sync_directory(link.parent)


def remove_link(link: Path) -> None:
    """Take the symlink *link* away, durably; what it points at stays, and absent is fine."""
    if link.exists() and not link.is_symlink():
        message = f"{link} is no link (was the tree copied?): move it away, then run again"
        raise CorruptStateError(message)
    link.unlink(missing_ok=True)
    sync_directory(link.parent)


@contextlib.contextmanager
def lock(path: Path) -> Generator[None]:
    """Hold *path* exclusively, or raise LockedError naming the holder; the kernel frees it when we die.

    What the machine refuses meanwhile is a ToolError, see `blamed`.
    """
    make_directory(path.parent)
    with blamed(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _acquire(descriptor, path)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
            yield
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def blamed(below: Path) -> Generator[None]:
    """Make a ToolError of what the machine refuses *below* there: a full, forbidden or failing disk is no bug of ours."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        named = isinstance(error.filename, str) and Path(error.filename).is_absolute()
        place = Path(error.filename) if named else below
        raise _tool_error("write" if named else "write below", place, error) from error


class Holder(NamedTuple):
    """Who holds a lock."""

    pid: int
    host: str
    since: float
    """Seconds since the epoch."""


def holder(path: Path) -> Holder | None:
    """Who holds the lock *path* now, without waiting for it; None where nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            said = json.loads(os.pread(descriptor, 400, 0))
            return Holder(int(said["pid"]), str(said["host"]), os.fstat(descriptor).st_mtime)
        return Holder(0, "unknown", os.fstat(descriptor).st_mtime)
    else:
        return None
    finally:
        os.close(descriptor)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def is_temporary(path: Path) -> bool:
    """Whether *path* is a name under which something is being written, or was when we died."""
    return path.name.startswith(".") and path.name.endswith(".tmp")


def _acquire(descriptor: int, path: Path) -> None:
    """Take the lock or raise LockedError; a child that a dying holder was just starting is waited for."""
    deadline = time.monotonic() + _GRACE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(_GRACE / 20)
                continue
            holder = os.pread(descriptor, 400, 0).decode("utf-8", "replace").strip() or "somebody"
            message = (
                f"{path} is held by {holder}: another night is running; wait for it, nothing was changed"
            )
            raise LockedError(message) from error
        return


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"]) or "the document"
    return f"{place}: {problem['msg']}"


def _tool_error(verb: str, path: Path, error: OSError) -> ToolError:
    return ToolError(f"cannot {verb} {path}: {error.strerror}; free space or fix permissions, then run again")
