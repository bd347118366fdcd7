"""Run the user's programs in a process group of their own, which never outlives this process.

Whatever ends this process, SIGKILL included, ends the group (see `_parent_watch`). Not covered: a program
that leaves its group.
"""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import NamedTuple

from ct_retrain.adapters import _parent_watch
from ct_retrain.core.configuration import loading
from ct_retrain.core.errors import UsageError

_GRACE = 10.0
"""Seconds between asking a program to end and killing it, and again for the kernel to clear the group."""
_LAST_LINES = 15
_SAYS_WHY = re.compile(r"\b[A-Z]\w*(Error|Exception): \S")
"""An exception as Python prints it, with a log's prefix or without; servers print much else after it as they end."""
TRAINER_LOG = "trainer.log"
"""Name of the training process's output file, beside the adapter."""


class Command(NamedTuple):
    """A command of the user's, and the setting it comes from (for messages)."""

    text: str
    setting: str
    directory: Path | None = None
    """Working directory; None is the current one."""
    environment: Mapping[str, str] = {}
    """Variables besides those of our environment that hold no secret."""

    def words(self) -> list[str]:
        """Split the text as a shell would, without a shell; raise UsageError if it gives no program."""
        try:
            found = shlex.split(self.text)
        except ValueError as error:
            raise UsageError(f"{self.setting} {self.text!r} cannot be read: {error}") from error
        if not found:
            raise UsageError(f"{self.setting} holds no program: name one, or leave it empty")
        return found

    def fault(self) -> str:
        """In words, why it cannot be started; "" where its program is there."""
        try:
            program = self.words()[0]
        except UsageError as error:
            return str(error)
        return "" if _exists(program, self.directory) else _missing(self.setting, program)


def start_program(command: Command, arguments: list[str], log: Path) -> "subprocess.Popen[bytes]":
    """Start *command* with *arguments*, all output into *log*, in our environment without our secrets.

    Raise UsageError if there is no such program. End the process with `end`.
    """
    program, *rest = command.words()
    if not _exists(program, command.directory):
        raise UsageError(_missing(command.setting, program))
    log.unlink(missing_ok=True)
    return _started([program, *rest, *arguments], log, command)


def run_command(command: Command, arguments: list[str], log: Path) -> int:
    """Run *command* to its end and return its exit code; nothing of its process group is left afterwards."""
    process = start_program(command, arguments, log)
    with _ended(process):
        return process.wait()


def run_own(argv: list[str], log: Path, hear: Callable[[str], None]) -> int:
    """Run one of our programs: *hear* gets its standard output by line, its errors are appended to *log*."""
    process = _started(argv, log, Command("", ""), heard=True)
    with _ended(process):
        for line in process.stdout or ():
            hear(line.decode("utf-8", "replace"))
        return process.wait()


def _started(
    argv: list[str], log: Path, command: Command, *, heard: bool = False
) -> "subprocess.Popen[bytes]":
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", _parent_watch.__file__, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if heard else file,
            stderr=file,
            env={**loading.public_environment(), **command.environment},
            cwd=command.directory,
            start_new_session=True,
        )


@contextlib.contextmanager
def _ended(process: "subprocess.Popen[bytes]") -> Generator[None]:
    """Kill what is left of the group of *process*, whatever happens in between."""
    try:
        yield
    except BaseException:
        ask_to_end(process)
        raise
    finally:
        end(process)


def ending(code: int) -> str:
    """Describe an exit *code* in words."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def ask_to_end(process: "subprocess.Popen[bytes]") -> None:
    """Send SIGTERM to the group of *process* and wait a few seconds for it to end."""
    _signal(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the whole group of *process* and wait, a few seconds at most, until it is gone."""
    _signal(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    deadline = time.monotonic() + _GRACE
    while _signal(process.pid, 0) and time.monotonic() < deadline:
        time.sleep(0.05)


def last_lines(log: Path) -> str:
    """Return the last lines of *log* after an introduction, and an exception that was printed before them."""
    try:
        lines = log.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        lines = []
    if not lines:
        return f"{log} is empty"
    shown = lines[-_LAST_LINES:]
    reasons = list(filter(_SAYS_WHY.search, lines))
    if reasons and reasons[-1] not in shown:
        shown = [reasons[-1], "…", *shown]
    return f"the last lines of {log}:\n" + "\n".join(shown)


def _missing(setting: str, program: str) -> str:
    return f"{setting}: cannot start {program!r}: there is no such program"


def _exists(program: str, directory: Path | None) -> bool:
    if os.sep in program:
        return os.access((directory or Path()) / program, os.X_OK)
    return shutil.which(program) is not None


def _signal(group: int, number: int) -> bool:
    """Send signal *number* to *group*; return whether the group still exists."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
