"""Scratch directories for workers, in memory if there is room; those of killed owners are deleted by the next one.

An owner holds a lock on its directory, which the kernel releases however it ends. A directory that is so young that it
may not be locked yet is left alone.
"""

import contextlib
import fcntl
import os
import pwd
import shutil
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

_PREFIX = "ct-scratch-"
_ROOM = 256 << 20
_MIN_AGE = 60.0
"""Age in seconds below which an unlocked directory is left alone."""


class Scratch(NamedTuple):
    """A worker's directory, and the lock that marks it as used."""

    path: Path
    lock: int

    def remove(self) -> None:
        """Delete the directory and everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def scratch(*, confined: bool, runs: bool) -> Scratch:
    """Return an empty directory that belongs to the worker's user.

    If the worker *runs* programs that it builds there, the directory is on a file system that allows it.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a name of our own is made in it
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    roomy = roomy and not (runs and os.statvfs(memory).f_flag & os.ST_NOEXEC)
    place = memory if roomy else Path(tempfile.gettempdir())
    remove_abandoned(place)
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if confined and os.geteuid() == 0:
        with contextlib.suppress(KeyError):
            nobody = pwd.getpwnam("nobody")
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return Scratch(path, lock)


def remove_abandoned(place: Path, young: float = _MIN_AGE) -> None:
    """Delete the directories in *place* that are not locked and older than *young* seconds."""
    for path in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_ctime > young:
                _delete_unlocked(path)


def _delete_unlocked(path: Path) -> None:
    """Delete *path* unless it is locked; raise OSError if it belongs to another user."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)
