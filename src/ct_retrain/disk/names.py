"""Names under which things are being written, what makes them durable, and whose fault it is that they cannot be."""

import contextlib
import errno
import os
from collections.abc import Generator
from pathlib import Path

from ct_retrain.core.errors import ToolError

REFUSALS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG, errno.EMFILE}
)
"""What a system says where it does not let a file be written: no fault of ours."""


@contextlib.contextmanager
def blamed(below: Path) -> Generator[None]:
    """Make a ToolError of what the machine refuses *below* there: a full, forbidden or failing disk is no bug of ours."""
    try:
        yield
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        written = error.filename2 or error.filename  # the second is where a copy goes
        named = isinstance(written, str) and Path(written).is_absolute()
        place = Path(written) if named else below
        raise tool_error("write" if named else "write below", place, error) from error


def sync_directory(path: Path) -> None:
    """Make the names in *path* durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def temporary_name(path: Path) -> Path:
    """Where *path* is written until it is whole."""
    return path.with_name(f".{path.name}.tmp")


def is_temporary(path: Path) -> bool:
    """Whether *path* is a name under which something is being written, or was when we died."""
    return path.name.startswith(".") and path.name.endswith(".tmp")


def tool_error(verb: str, path: Path, error: OSError) -> ToolError:
    """Say what could not be done to *path*, and what to do."""
    return ToolError(f"cannot {verb} {path}: {error.strerror}; free space or fix permissions, then run again")
