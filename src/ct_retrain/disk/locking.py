"""One lock a workspace, which the kernel frees when its holder dies.

Nights go before experiments: a night waits for the part that an experiment is at (`after`), and stands in line
meanwhile, so that the experiment, which takes the lock part by part, takes no further one before the night is over.
"""

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
_PAUSE = 0.5
"""Seconds between two tries of who waits."""
NIGHT, EXPERIMENT = "another night", "experiment"
"""How a holder calls itself: the latter with the experiment's name behind it."""


@contextlib.contextmanager
def lock(path: Path, what: str = NIGHT, *, after: str = "") -> Generator[None]:
    """Hold *path* exclusively as *what*, or raise LockedError naming the holder; the kernel frees it when we die.

    A holder that calls itself *after*… is waited for. What the machine refuses meanwhile is a ToolError, see `blamed`.
    """
    make_directory(path.parent)
    with blamed(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            with lock(_line(path), what) if _is_held_by(path, after) else contextlib.nullcontext():
                _acquire_after(descriptor, path, after)
            said = {"pid": os.getpid(), "host": socket.gethostname(), "what": what}
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(said).encode(), 0)
            yield
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def lock_when_free(path: Path, what: str) -> Generator[None]:
    """Hold *path* as *what* once nobody does and nobody stands in line for it, however long that takes."""
    with contextlib.ExitStack() as held:
        while True:
            if not awaited(path):
                with contextlib.suppress(LockedError):
                    held.enter_context(lock(path, what))
                    break
            time.sleep(_PAUSE)
        yield


@contextlib.contextmanager
def alone_in(directory: Path) -> Generator[None]:
    """Keep out of *directory* whoever else comes by this function, after waiting for who is in it; nothing is written."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def awaited(path: Path) -> bool:
    """Whether somebody who goes before all others waits for the lock *path*."""
    return holder(_line(path)) is not None


class Holder(NamedTuple):
    """Who holds a lock."""

    pid: int
    host: str
    since: float
    """Seconds since the epoch."""
    what: str = NIGHT
    """What it calls itself."""


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
            since, what = os.fstat(descriptor).st_mtime, str(said.get("what", NIGHT))
            return Holder(int(said["pid"]), str(said["host"]), since, what)
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
            raise LockedError(_refusal(path)) from error
        return


def _acquire_after(descriptor: int, path: Path, after: str) -> None:
    """Take the lock, waiting for whoever calls itself *after*…; raise LockedError where somebody else has it."""
    while True:
        try:
            _acquire(descriptor, path)
        except LockedError:
            found = holder(path) if after else None
            # One that freed it a moment ago is no reason to give up.
            if not after or (found is not None and not found.what.startswith(after)):
                raise
            time.sleep(_PAUSE)
        else:
            return


def _is_held_by(path: Path, what: str) -> bool:
    found = holder(path) if what else None
    return found is not None and found.what.startswith(what)


def _line(path: Path) -> Path:
    """Held by who waits for *path* before all others."""
    return path.with_name(f"{path.name}.next")


def _refusal(path: Path) -> str:
    found = holder(path)
    if found is None:
        return f"{path} was held a moment ago: run the same command again"
    way = "wait for it, nothing was changed"
    if found.what.startswith(EXPERIMENT):
        way = "wait for it, or interrupt it and run it again later: it goes on where it was; nothing was changed"
    return f"{path} is held by process {found.pid} on {found.host}: {found.what} is running; {way}"
