"""A program that trains for us: in a process group of its own, ended with us, what it says kept in a log.

Whatever ends us while it runs, a SIGKILL included, ends its whole process group, too: else a night that is run again
would train beside the trainer of the one that died. It inherits the environment, but for our secrets.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

from ct_retrain.adapters import _leash
from ct_retrain.core import configuration

_GRACE = 10.0
"""Seconds between asking the program to end and making it."""
_LAST_LINES = 15


def run(argv: list[str], log: Path, hear: Callable[[str], None] | None = None) -> int:
    """Run *argv*, append what it says to *log*, and return its exit code, negative for a signal.

    With *hear*, each line of its standard output goes there instead of the log.
    """
    leashed = [sys.executable, "-I", "-S", _leash.__file__, *argv]
    with log.open("ab") as file:
        process = subprocess.Popen(
            leashed,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if hear else file,
            stderr=file,
            env=configuration.public_environment(),
            start_new_session=True,
        )
        with _ended(process):
            if hear is not None and process.stdout is not None:
                for line in process.stdout:
                    hear(line.decode("utf-8", "replace"))
            return process.wait()


def end(code: int) -> str:
    """In words, how a program ended with *code*."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def tail(log: Path) -> str:
    """The last lines of *log*, for a message."""
    lines = log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
    return f"the last lines of {log}:\n" + "\n".join(lines) if lines else f"{log} is empty"


@contextlib.contextmanager
def _ended(process: "subprocess.Popen[bytes]") -> Generator[None]:
    """Leave nothing of the group of *process* alive, whatever happens in between."""
    try:
        yield
    except BaseException:
        _signal(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        raise
    finally:
        _signal(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
