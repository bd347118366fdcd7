"""Forks programs that are already loaded, by the fork server of `fork_server.c`, to save their start-up time.

For a small design, starting a simulator (finding, mapping, linking) takes longer than the simulation. A fork server
has done that, and has read no input. The trusted side compiles the server once, if there is a C compiler; a worker
starts one per program after it is confined. Without a server, or if it does not answer, programs are started normally.
"""

import contextlib
import os
import platform
import select
import shutil
import signal
import struct
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import structlog

from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import digest
from ct_retrain.judge.confined.sandbox import tool_cache

_LOG = structlog.get_logger("ct_retrain.judge")
_SOURCE = Path(__file__).with_name("fork_server.c")
_LIBRARY = "fork_server.so"
_FLAGS = ("-O2", "-shared", "-fPIC")
_COMPILING_SECONDS = 60


class ForkedPrograms(NamedTuple):
    """The programs of a worker that are to be forked."""

    library: str
    """Path of the compiled fork server, from `compiled`."""
    programs: dict[str, list[str]]
    """Path of each program → the libraries that it would load for every job."""

    @property
    def readable(self) -> tuple[str, ...]:
        """Directories that the programs need to read, besides their own."""
        return (str(Path(self.library).parent),)


def compiled() -> str:
    """Return the path of the fork server, which is compiled at the first call; "" if that is not possible."""
    compiler, place = shutil.which("cc") or shutil.which("gcc"), tool_cache.place()
    if platform.system() != "Linux" or not (compiler and place):
        return ""
    name = digest(_SOURCE.read_text(encoding="utf-8"), *platform.libc_ver(), platform.machine(), *_FLAGS)
    home = Path(place, f"fork-server-{name[:12]}")
    try:
        tool_cache.make_once(home, partial(_compile, compiler))
    except (ToolError, OSError) as error:
        _LOG.info("no fork server: every program is started anew", reason=str(error))
        return ""
    return str(home / _LIBRARY)


def _compile(compiler: str, made: Path) -> None:
    argv = [compiler, *_FLAGS, "-o", str(made / _LIBRARY), str(_SOURCE), "-ldl"]
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=_COMPILING_SECONDS, check=False, cwd=made
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{compiler} does not compile the fork server: {error}"
        raise ToolError(message) from error
    if done.returncode != 0:
        message = f"{compiler} cannot compile the fork server: {done.stderr.strip()[-200:]}"
        raise ToolError(message)


class JobEnd(NamedTuple):
    """How a job ended."""

    status: int
    """Exit status in the form that `os.waitstatus_to_exitcode` takes."""
    cpu_seconds: float


_JOB, _ANSWER = struct.Struct("=5I"), struct.Struct("=iiQ")
_JOBS, _ANSWERS, _ASIDE = 3, 4, 30


class ForkServer:
    """One loaded program; it ends with the process that started it."""

    def __init__(
        self, library: str, program: str, loads: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        """Load *program* with *environment*; raise OSError if it cannot be started."""
        jobs, self._jobs = os.pipe()
        self._answers, answers = os.pipe()
        setting = {"LD_PRELOAD": library, "LD_BIND_NOW": "1", "CT_FORK_SERVER_LOAD": ":".join(loads)}
        aside = ((jobs, _ASIDE, _JOBS), (answers, _ASIDE + 1, _ANSWERS))
        moves = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            *((os.POSIX_SPAWN_DUP2, here, there) for here, there, _ in aside),
            *((os.POSIX_SPAWN_DUP2, there, place) for _, there, place in aside),
            *((os.POSIX_SPAWN_CLOSE, there) for _, there, _ in aside),
        ]
        try:
            # A program that ignores the server prints its version and ends.
            self._pid = os.posix_spawn(
                program, [program, "-V"], {**environment, **setting}, file_actions=moves
            )
        except OSError:
            os.close(self._jobs)
            os.close(self._answers)
            raise
        finally:
            os.close(jobs)
            os.close(answers)

    def run(
        self, argv: Sequence[str], log: str, text: bytes, limits: tuple[int, int, int], hangup: int | None
    ) -> JobEnd:
        """Run the program with *argv*, input *text* and output file *log*; raise ToolError if that fails.

        *limits* are processor seconds, MiB of memory and KiB of output. When the other end of the descriptor *hangup*
        is closed, the program and its server are killed.
        """
        words = b"".join(os.fsencode(word) + b"\0" for word in (log, *argv))
        with contextlib.suppress(BrokenPipeError):
            write_all(self._jobs, _JOB.pack(len(words), len(text), *limits) + words + text)
        if hangup is not None and hung_up(self._answers, hangup):
            os.kill(self._pid, signal.SIGKILL)
        answer = os.read(self._answers, _ANSWER.size)
        if len(answer) < _ANSWER.size:
            message = f"the fork server of {argv[0]} ended: is the machine out of memory?"
            raise ToolError(message)
        status, error, used = _ANSWER.unpack(answer)
        if error:
            message = f"cannot start {argv[0]}: {os.strerror(error)}"
            raise ToolError(message)
        return JobEnd(status, used / 1e6)

    def close(self) -> None:
        """Kill the server and the program it runs."""
        for descriptor in (self._jobs, self._answers):
            os.close(descriptor)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of *data*; raise BrokenPipeError if the reader is gone."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def hung_up(awaited: int, hangup: int) -> bool:
    """Wait until the descriptor *awaited* is readable or *hangup* is closed; return True for the second."""
    watch = select.poll()
    watch.register(awaited, select.POLLIN)
    watch.register(hangup, 0)
    return all(ready != awaited for ready, _ in watch.poll())


class ForkServers:
    """The fork servers of this process, by program; each is started when first used."""

    def __init__(self) -> None:
        """Fork no program until `enable`."""
        self._warm: ForkedPrograms | None = None
        self._known: dict[str, ForkServer | None] = {}

    def enable(self, warm: ForkedPrograms) -> None:
        """Fork the programs of *warm* from now on."""
        self._warm = warm

    def of(self, program: str, environment: Mapping[str, str], log: str) -> ForkServer | None:
        """Return the server of *program*; None if it is to be started normally."""
        if self._warm is None or program not in self._warm.programs:
            return None
        if program not in self._known:
            try:
                server = ForkServer(self._warm.library, program, self._warm.programs[program], environment)
            except OSError:  # the caller starts it without a server, and reports why it does not start
                self._known[program] = None
                return None
            self._known[program] = server
            if not _answers(server, program, log):
                self.drop(program)
        return self._known[program]

    def drop(self, program: str) -> None:
        """End the server of *program*, and start it normally from now on."""
        server = self._known.get(program)
        self._known[program] = None
        if server is not None:
            server.close()


def _answers(server: ForkServer, program: str, log: str) -> bool:
    """Whether the forked *program* works: print its version as a test."""
    try:
        ended = server.run([program, "-V"], log, b"", (10, 1024, 64), None)
    except ToolError:
        return False
    return ended.status == 0 and Path(log).stat().st_size > 0
