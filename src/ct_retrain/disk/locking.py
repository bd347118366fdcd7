"""One lock a workspace, which the kernel frees when its holder dies."""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.errors import LockedError
from ct_retrain.disk.names import blamed
from ct_retrain.disk.trees import make_directory

_GRACE = 0.5
"""Seconds; between fork and exec a child shares its parent's lock."""


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
