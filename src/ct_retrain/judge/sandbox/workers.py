"""Worker processes, each confined and with its own scratch directory; this process parses no untrusted text itself.

If a worker dies while it reads a text, the text is the cause, and that is a verdict. If it is killed from outside, or
does not answer in time, the machine is the cause, and that is a ToolError. When a worker ends, everything it started
and wrote is removed.
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.confined.sandbox.confine import landlock_version
from ct_retrain.judge.confined.sandbox.fork_server import ForkedPrograms
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.confined.simulators.answer import Answer
from ct_retrain.judge.confined.simulators.icarus_tools import IcarusInstallation
from ct_retrain.judge.evidence.cocotb import Library
from ct_retrain.judge.sandbox.scratch import scratch


class Sandbox(NamedTuple):
    """How workers are started."""

    icarus: IcarusInstallation
    mode: str
    """`require`, `best-effort` or `off`."""
    parser_seconds: int = 20
    memory_mb: int = 2048
    """MiB for the worker itself; programs that it starts have the limits of their job."""
    namespaces: bool = True
    bubblewrap: bool = False
    """Use bubblewrap even if Landlock already restricts files."""
    builders: tuple[str, ...] = ()
    """Directories of tools that build programs; workers may then run what they build in the scratch directory."""
    library: Library | None = None
    """cocotb; workers may then read the Python it is installed in."""
    yowasp: str = ""
    """Path of yosys compiled from WebAssembly (see `judge.confined.formal.yowasp`)."""
    warm: ForkedPrograms | None = None
    """Programs to fork from a fork server instead of starting them."""


class Worker:
    """One confined process; only one thread may use it at a time."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Start it; raise ToolError if it does not start, or if `require` asks for layers that this system lacks."""
        self._scratch = scratch(confined=sandbox.mode != "off", runs=bool(sandbox.builders))
        self.scratch = self._scratch.path
        self.layers: tuple[str, ...] = ()
        self._owner = os.getpid()
        self._asked = 0
        try:
            self._start(sandbox)
        except BaseException:
            self.close()
            raise

    def _start(self, sandbox: Sandbox) -> None:
        start = {
            "scratch": str(self.scratch),
            "icarus": sandbox.icarus,
            "confined": sandbox.mode != "off",
            "namespaces": sandbox.namespaces,
            "parser_seconds": sandbox.parser_seconds,
            "memory_mb": sandbox.memory_mb,
            "builders": sandbox.builders,
            "python": sandbox.library.readable if sandbox.library else (),
            "yowasp": sandbox.yowasp,
            "warm": sandbox.warm,
        }
        argv = [sys.executable, "-I", "-c", _BOOT.format(path=sys.path), json.dumps(start)]
        wanted = sandbox.mode != "off" and (sandbox.bubblewrap or not landlock_version())
        wasm = [str(Path(sandbox.yowasp).parent)] if sandbox.yowasp else []
        python = (sys.prefix, sys.base_prefix, *sys.path)
        server = sandbox.warm.readable if sandbox.warm else ()
        readable = (*sandbox.icarus.readable, *sandbox.builders, *wasm, *python, *server)
        wrapped = _bubblewrap(self.scratch, readable) if wanted else []
        with (self.scratch / ".complaints").open("wb") as complaints:
            self._process = subprocess.Popen(
                [*wrapped, *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                cwd=self.scratch,
                start_new_session=True,
            )
        ready = self._receive(_START_SECONDS)
        if not isinstance(ready, dict) or ready["error"]:
            raise ToolError(f"the judge's worker does not start: {self._start_error(ready)}")
        self.layers = (*(["bubblewrap"] if wrapped else []), *ready["layers"])
        if sandbox.mode == "require" and not closed(self.layers):
            raise ToolError(
                f"the sandbox has only {', '.join(self.layers) or 'no layer'}: this system offers neither Landlock nor "
                "bubblewrap, or no seccomp; set sandbox to best-effort to judge trusted designs anyway"
            )

    def ask(self, job: dict[str, Any], limits: Limits, patience: float = 0.0) -> dict[str, Any]:
        """Return the answer to *job*; raise ToolError if there is none for a reason other than the design.

        *patience* is the wall-clock limit in seconds; 0 allows many times the processor time of *limits*.
        """
        wall = patience or 60.0 + 20.0 * limits.cpu_seconds
        self._asked += 1
        data = json.dumps({**job, "limits": limits, "ticket": self._asked}).encode()
        with contextlib.suppress(BrokenPipeError):
            self._send(len(data).to_bytes(4, "big") + data)
        answer = self._receive(wall)
        if isinstance(answer, dict):
            if answer.pop("ticket") != self._asked:
                raise ToolError("the judge's worker answered another question than was asked: run again")
            if answer["error"]:
                raise ToolError(f"judging failed: {answer['error']}")
            return answer
        return _verdict_on_death(answer, self._complaints())

    def close(self) -> None:
        """End the process and all it started, and remove its scratch directory; do nothing in a fork of the owner."""
        if not self.ours:
            return
        if hasattr(self, "_process"):
            self._end(0.0)
        self._scratch.remove()

    @property
    def pid(self) -> int:
        """Id of the process, and of its process group."""
        return self._process.pid

    @property
    def ours(self) -> bool:
        """Whether this process started the worker: after a fork, two processes reading its pipes would mix up answers."""
        return self._owner == os.getpid()

    @property
    def alive(self) -> bool:
        """Whether it can be given another job."""
        return self.ours and self._process.returncode is None

    def _send(self, data: bytes) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def _receive(self, seconds: float) -> dict[str, Any] | int:
        """Return a message, or the exit code of a worker that has ended."""
        head = self._exactly(4, seconds)
        body = None if head is None else self._exactly(int.from_bytes(head, "big"), seconds)
        if body is None:
            return self._end(_LAST_WORDS_SECONDS)
        message: dict[str, Any] = json.loads(body)
        return message

    def _exactly(self, count: int, seconds: float) -> bytes | None:
        stream = self._process.stdout
        if stream is None or count > _MAX_ANSWER:
            return None
        pieces = bytearray()
        watch = select.poll()
        watch.register(stream, select.POLLIN)
        while len(pieces) < count:
            if not watch.poll(seconds * 1000):
                self._end(0.0)
                raise ToolError(
                    f"the judge did not answer in {seconds:.0f} s: the machine is overloaded or was suspended"
                )
            piece = os.read(stream.fileno(), count - len(pieces))
            if not piece:
                return None
            pieces += piece
        return bytes(pieces)

    def _end(self, patience: float) -> int:
        """Kill the process group after *patience* seconds; its leader is reaped last, to keep the group's id valid."""
        if self._process.returncode is None:
            _await_exit(self._process.pid, patience)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        return code

    def _start_error(self, ready: dict[str, Any] | int) -> str:
        """Return why the worker did not start, in its own words."""
        if isinstance(ready, dict):
            return str(ready["error"])
        lines = self._complaints().strip().splitlines()
        return lines[-1] if lines else f"exit code {ready}"

    def _complaints(self) -> str:
        """Return what the worker has written to standard error."""
        return (self.scratch / ".complaints").read_text(encoding="utf-8", errors="replace")


_BOOT = "import sys; sys.path[:] = {path!r}; from ct_retrain.judge.confined.worker import main; main()"
_START_SECONDS = 120.0
_LAST_WORDS_SECONDS = 1.0
_MAX_ANSWER = 64 << 20
"""Maximum bytes of an answer; a worker that sends more is not trusted any more."""


def _await_exit(pid: int, seconds: float) -> None:
    """Wait up to *seconds* until *pid* has ended by itself, as it does soon after closing its pipe."""
    until = time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and time.monotonic() < until:
        time.sleep(0.001)


def _bubblewrap(scratch: Path, readable: tuple[str, ...]) -> list[str]:
    """Return the words that run a command in its own namespaces by bubblewrap; none if it is missing or not permitted."""
    program = shutil.which("bwrap")
    if program is None:
        return []
    root = os.geteuid() == 0
    spaces = ["ipc", "pid", "net", "uts", *([] if root else ["user"])]
    seen = ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/passwd", *readable]
    words = [
        program,
        "--die-with-parent",
        *(f"--unshare-{name}" for name in spaces),
        *(word for name in ("SETUID", "SETGID") if root for word in ("--cap-add", f"CAP_{name}")),
        *(word for place in _parents(seen) for word in ("--perms", "0755", "--dir", place)),
        *(word for path in seen if Path(path).exists() for word in ("--ro-bind", path, path)),
        *("--dev", "/dev", "--proc", "/proc", "--bind", str(scratch), str(scratch), "--chdir", str(scratch)),
    ]
    tried = subprocess.run([*words, "/bin/true"], capture_output=True, check=False, timeout=60)
    return words if tried.returncode == 0 else []


def _parents(paths: list[str]) -> list[str]:
    """Return the parent directories of *paths*, outermost first; bubblewrap would make them for its own user only."""
    found = {str(parent) for path in paths for parent in Path(path).parents if Path(path).exists()}
    return sorted(found - {"/"} - {place for place in found if place.startswith(("/usr", "/lib", "/bin"))})


def closed(layers: tuple[str, ...]) -> bool:
    """Whether *layers* block files outside the scratch directory, the network and other processes."""
    files = any(layer.startswith(("landlock", "bubblewrap")) for layer in layers)
    return files and "seccomp" in layers and "no-new-privileges" in layers


def layers_of(tool: Tool) -> tuple[str, ...]:
    """Return the layers that were active while *tool* judged, as its detail names them."""
    named = tool.detail.partition("sandbox ")[2].partition(";")[0]
    return () if named in {"", "none"} else tuple(named.split(", "))


_CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE})


_RAISED = re.compile(r"^Traceback .*(?:\n .*)*\n(\w[\w.]*(?:: .*)?)$", re.MULTILINE)


def _verdict_on_death(code: int, complaints: str) -> dict[str, Any]:
    """Return the verdict that a worker's death gives the text it was reading; raise ToolError if the text is no cause.

    A text that no reader of ours survives is no evidence: raised, it would end every night that it is part of.
    """
    ended = -code if code < 0 else code - 128
    if ended == signal.SIGPROF:
        return _answer(Outcome.TIMEOUT, "the text takes too long to be read")
    if ended in _CRASHES:
        return _answer(Outcome.RESOURCE_LIMIT, f"reading the text ends in signal {ended}")
    raised = _RAISED.search(complaints)
    if code == 1 and raised:
        return _answer(Outcome.NO_EVIDENCE, f"{_BUG}: {raised[1]}")
    raise ToolError(f"the judge's worker was killed (exit code {code}): is the machine out of memory?")


_BUG = "a bug of ct-retrain: it cannot read this design or testbench"


def _answer(outcome: Outcome, detail: str) -> dict[str, Any]:
    return {"error": "", **Answer(outcome, detail)._asdict()}
