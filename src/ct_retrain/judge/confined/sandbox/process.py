"""Starts one program with limits and waits for it; the caller is single-threaded and confined.

The program's output goes to a file in the working directory, so that large output does not fill our memory.
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
    """Limits of one process."""

    cpu_seconds: int = 60
    memory_mb: int = 1024
    output_kb: int = 1024
    """KiB of standard output and standard error together, and of any other file it writes."""

    @property
    def words(self) -> str:
        """All limits as text for a Tool's name: other limits can change a verdict."""
        return f"{self.cpu_seconds} s cpu, {self.memory_mb} MiB, {self.output_kb} KiB"


class Limit(StrEnum):
    """The limit that a process reached."""

    CPU = "cpu"
    MEMORY = "memory"
    OUTPUT = "output"


class Finished(NamedTuple):
    """How a process ended."""

    exit_code: int
    """Exit code; negative for the signal that ended it."""
    output: str
    """Standard output and standard error, in the order written."""
    limit: Limit | None
    cpu_seconds: float


LOG = "output"
"""Name of the file that receives a program's output."""


SERVERS = ForkServers()
"""The fork servers of this process; programs that they do not know are started normally."""


def run_limited(
    argv: Sequence[str], limits: Limits, hangup: int | None = None, text: bytes = b""
) -> Finished:
    """Run *argv* (an absolute path first) and wait; raise ToolError if it does not start, or is killed from outside.

    The program reads *text* as its standard input. It is killed when the other end of the descriptor *hangup* is
    closed, because then the answer is no longer needed.
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
    """Run *argv* as `run` does, without a fork server."""
    source, sink = os.pipe()
    try:
        pid = _spawned(argv, limits, source)
    except ToolError:
        os.close(sink)
        raise
    finally:
        os.close(source)
    # A program that ends before it has read all its input says why in its output.
    try:
        write_all(sink, text)
    except BrokenPipeError:
        pass
    finally:
        os.close(sink)
    status, used = _wait(pid, hangup)
    return finished(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, limits)


def _spawned(argv: Sequence[str], limits: Limits, source: int) -> int:
    """Start *argv* with the descriptor *source* as its standard input; return its process id."""
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
    """Return the environment of every program: only PATH and the locale, nothing of ours."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TMPDIR": ".", "HOME": "."}


@contextlib.contextmanager
def _inherited(limits: Limits) -> Generator[None]:
    """Lower our own soft limits while the program starts; its processor time starts at zero, and ours is not counted."""
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
    """Lower the memory limit after the start, where possible: before it, the limit cannot go below our own use."""
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
    """Wait until *pid* ends or *hangup* is closed; return True for the second, and False where it cannot wait."""
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
    """Return how the program that wrote to `LOG` ended, and the limit it hit; raise ToolError if others killed it."""
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
    """Return the limit that was reached; time counts too, because drivers turn signals into exit codes of their own."""
    if signal.SIGXFSZ in {-code, code - 128}:
        return Limit.OUTPUT
    if signal.SIGXCPU in {-code, code - 128} or (code != 0 and used >= limits.cpu_seconds * 0.9):
        return Limit.CPU
    if code != 0 and any(word in output for word in _EXHAUSTED):
        return Limit.MEMORY
    return None


class CpuBudget:
    """Ends this process if the body uses more processor seconds than given: for parsing text that may be a bomb.

    A timer counts from the start of the body. A resource limit on the whole process does not work: the kernel compares
    it with time counted in ticks, while `getrusage` is exact. Over a worker's life the two differ by seconds, so an
    innocent text could be killed.
    """

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
