"""Directories for workers, in memory where there is room; what a killed owner leaves goes when the next one is made.

An owner holds a lock on its directory, which the kernel frees however it dies. A directory that is too young to have
been locked yet is left alone.
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
_YOUNG = 60.0
"""Seconds."""


class Scratch(NamedTuple):
    """A directory of a worker, and the lock that says whose it is."""

    path: Path
    lock: int

    def remove(self) -> None:
        """Delete the directory and everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def scratch(*, confined: bool, runs: bool) -> Scratch:
    """An empty directory that belongs to the user the worker will be.

    For a worker that *runs* what it has built there, it lies where programs may be run.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a name of our own is made in it
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    roomy = roomy and not (runs and os.statvfs(memory).f_flag & os.ST_NOEXEC)
    place = memory if roomy else Path(tempfile.gettempdir())
    bury(place)
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if confined and os.geteuid() == 0:
        with contextlib.suppress(KeyError):
            nobody = pwd.getpwnam("nobody")
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return Scratch(path, lock)


def bury(place: Path, young: float = _YOUNG) -> None:
    """Delete the directories in *place* that nobody holds any more and that are older than *young* seconds."""
    for path in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_ctime > young:
                _bury(path)


def _bury(path: Path) -> None:
    """Delete *path* unless somebody holds it; raise OSError where it is not ours."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)
