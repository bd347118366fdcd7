"""Starts one program with limits and waits for it; the caller is single-threaded, confined, and its limits inherit.

The program's output goes to a file in the working directory, so a flood fills no memory of ours.
"""

import contextlib
import os
import resource
import signal
from collections.abc import Generator, Sequence
from enum import StrEnum
from typing import NamedTuple

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.confined.sandbox.fork_server import ForkServers, hung_up, write_all


class Limits(NamedTuple):
    """What one process may use."""

    cpu_seconds: int = 60
    memory_mb: int = 1024
    output_kb: int = 1024
    """Of standard output and standard error together, and of any other file it writes."""

    @property
    def words(self) -> str:
        """All of them, as a Tool names them: another limit, another answer."""
        return f"{self.cpu_seconds} s cpu, {self.memory_mb} MiB, {self.output_kb} KiB"


class Limit(StrEnum):
    """Which limit a process ran into."""

    CPU = "cpu"
    MEMORY = "memory"
    OUTPUT = "output"


class Finished(NamedTuple):
    """How a process ended."""

    exit_code: int
    """Negative: the signal that ended it."""
    output: str
    """Both streams in the order they were written."""
    limit: Limit | None
    cpu_seconds: float


LOG = "output"
"""Name of the file that takes a program's output."""


SERVERS = ForkServers()
"""Of this process: what they know is forked, everything else is started."""


def run(argv: Sequence[str], limits: Limits, hangup: int | None = None, text: bytes = b"") -> Finished:
    """Run *argv* (an absolute path first) here and now; raise ToolError when it cannot start or is killed by others.

    It finds *text* in a pipe as its standard input. When the descriptor *hangup* is closed at its other end, nobody
    waits for the answer: the program is killed.
    """
    server = SERVERS.of(argv[0], _environment(), LOG)
    if server is None:
        return _started(argv, limits, hangup, text)
    try:
        ended = server.run(argv, LOG, text, limits, hangup)
    except ToolError:
        SERVERS.drop(argv[0])
        raise
    return finished(os.waitstatus_to_exitcode(ended.status), ended.cpu_seconds, limits)


def _started(argv: Sequence[str], limits: Limits, hangup: int | None, text: bytes) -> Finished:
    """The same for a program that nobody has loaded before."""
    source, sink = os.pipe()
    try:
        pid = _spawned(argv, limits, source)
    except ToolError:
        os.close(sink)
        raise
    finally:
        os.close(source)
    # One that ends before it has read everything says why in its output.
    try:
        write_all(sink, text)
    except BrokenPipeError:
        pass
    finally:
        os.close(sink)
    status, used = _wait(pid, hangup)
    return finished(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, limits)


def _spawned(argv: Sequence[str], limits: Limits, source: int) -> int:
    """Start *argv* with the descriptor *source* as its standard input."""
    sink = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    streams = [
        (os.POSIX_SPAWN_DUP2, source, 0),
        (os.POSIX_SPAWN_OPEN, 1, LOG, sink, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    defaults = [signal.SIGXFSZ, signal.SIGXCPU, signal.SIGPIPE, signal.SIGINT]
    try:
        with _inherited(limits):
            pid = os.posix_spawn(
                argv[0], list(argv), _environment(), file_actions=streams, setsigdef=defaults
            )
    except OSError as error:
        message = f"cannot start {argv[0]}: {error.strerror}"
        raise ToolError(message) from error
    _tighten(pid, limits)
    return pid


def _environment() -> dict[str, str]:
    """All that a program sees of ours: how to find the next one."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TMPDIR": ".", "HOME": "."}


@contextlib.contextmanager
def _inherited(limits: Limits) -> Generator[None]:
    """Lower our own soft limits while the program starts; it counts its processor time from zero, we ignore ours."""
    wanted = ((resource.RLIMIT_CPU, limits.cpu_seconds), (resource.RLIMIT_FSIZE, limits.output_kb << 10))
    before = [(limit, resource.getrlimit(limit)) for limit, _ in wanted]
    for (limit, value), (_, (_, hard)) in zip(wanted, before, strict=True):
        resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
    try:
        yield
    finally:
        for limit, old in before:
            resource.setrlimit(limit, old)


def _tighten(pid: int, limits: Limits) -> None:
    """Memory cannot be lowered below our own use before the start, so it is lowered right after, where that can be."""
    if hasattr(resource, "prlimit"):
        most = limits.memory_mb << 20
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, resource.RLIMIT_AS, (most, most))


def _wait(pid: int, hangup: int | None) -> tuple[int, resource.struct_rusage]:
    if hangup is not None and _hung_up(pid, hangup):
        os.kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    return status, used


def _hung_up(pid: int, hangup: int) -> bool:
    """Wait until *pid* ends or *hangup* is closed; True for the second. Where that cannot be waited for: False."""
    if not hasattr(os, "pidfd_open"):
        return False
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        return hung_up(descriptor, hangup)
    finally:
        os.close(descriptor)


def finished(code: int, used: float, limits: Limits) -> Finished:
    """What became of a program that wrote to `LOG`, and which of *limits* ended it; raise ToolError for what others killed."""
    with open(LOG, "rb") as file:  # noqa: PTH123 - twice as fast as Path.open, ten thousand times an hour
        data = file.read(limits.output_kb << 10)
    output = data.decode("utf-8", "replace")
    limit = _limit(code, used, output, limits)
    if limit is None and code == -signal.SIGKILL:
        message = (
            f"the system killed a process after {used:.1f} s of processor time: is the machine out of memory?"
        )
        raise ToolError(message)
    return Finished(code, output, limit, used)


_EXHAUSTED = (
    "bad_alloc",
    "out of memory",
    "memory exhausted",
    "Cannot allocate memory",
    "virtual memory exhausted",
)


def _limit(code: int, used: float, output: str, limits: Limits) -> Limit | None:
    """A driver in between turns a signal into an exit code of its own, so the time counts too."""
    if signal.SIGXFSZ in {-code, code - 128}:
        return Limit.OUTPUT
    if signal.SIGXCPU in {-code, code - 128} or (code != 0 and used >= limits.cpu_seconds * 0.9):
        return Limit.CPU
    if code != 0 and any(word in output for word in _EXHAUSTED):
        return Limit.MEMORY
    return None


class CpuBudget:
    """While it lasts, more processor time than so many seconds ends this very process: for parsing what may be a bomb.

    It counts from its own beginning, by a timer. A limit on the process's whole time could not: the kernel holds that
    against time counted in ticks, and what `getrusage` tells is measured exactly. Over a worker's life the two drift
    apart by seconds, and a text would die of what was counted before it.
    """

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
