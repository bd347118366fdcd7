"""Directories and links: made durable, published whole, replaced without a gap."""

import os
import shutil
import stat
from itertools import islice
from pathlib import Path

from ct_retrain.core.errors import CorruptStateError
from ct_retrain.disk.names import sync_directory, temporary_name, tool_error

_MANY = 256
"""Above this many files one `sync` costs less than an fsync each."""


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


def make_directory(path: Path) -> Path:
    """Create *path* and its parents where missing; return it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise tool_error("create", path, error) from error
    return path


def fresh_directory(path: Path) -> Path:
    """Leave an empty directory at *path*, whatever was there."""
    remove_tree(path)
    return make_directory(path)


def copy_tree(source: Path, target: Path) -> None:
    """Copy what lies below *source* into *target*; raise the first OSError, which `shutil.copytree` would hide."""
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            shutil.copy2(path, place)


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


def staging_for(target: Path) -> Path:
    """A new directory beside *target*, to be filled and given to `publish_tree`."""
    return fresh_directory(temporary_name(target))


def publish_tree(staging: Path, target: Path) -> None:
    """Give *staging*, which is `staging_for(target)`, its name: durable and read-only before it has it."""
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
    temporary = temporary_name(link)
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
