"""Workers that judge for us, each confined and each with a scratch directory of its own; the parent parses nothing.

A worker that dies while it reads a text says something about that text; one that is killed from outside, or does
not answer in time, says something about the machine, and that is a ToolError. Nothing of a worker outlives it.
"""

import contextlib
import json
import os
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
from ct_retrain.judge.confined.sandbox.fork_server import Warm
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
    """Of the worker itself; what it starts gets its limits job by job."""
    namespaces: bool = True
    bubblewrap: bool = False
    """Use it even where Landlock closes the files already."""
    builders: tuple[str, ...] = ()
    """Directories of tools that build programs in the scratch directory, which workers may then run."""
    library: Library | None = None
    """cocotb, whose Python the workers may then read."""
    yowasp: str = ""
    """yosys as WebAssembly, compiled (see `judge.confined.formal.yowasp`)."""
    warm: Warm | None = None
    """Programs that are forked instead of started."""


class Worker:
    """One confined process; not to be shared between threads while it works."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Start it, or raise ToolError: it does not come up, or `require` asks for layers that this system lacks."""
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
            raise ToolError(f"the judge's worker does not come up: {self._complaint(ready)}")
        self.layers = (*(["bubblewrap"] if wrapped else []), *ready["layers"])
        if sandbox.mode == "require" and not closed(self.layers):
            raise ToolError(
                f"the sandbox has only {', '.join(self.layers) or 'no layer'}: this system offers neither Landlock nor "
                "bubblewrap, or no seccomp; set sandbox to best-effort to judge trusted designs anyway"
            )

    def ask(self, job: dict[str, Any], limits: Limits, patience: float = 0.0) -> dict[str, Any]:
        """The answer to *job*; raise ToolError when it is not the design's fault that there is none.

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
                raise ToolError("the judge's worker answers another question than was asked: run again")
            if answer["error"]:
                raise ToolError(f"judging failed: {answer['error']}")
            return answer
        return _obituary(answer)

    def close(self) -> None:
        """End the process and everything it started, and remove its scratch directory; its owner's copy only."""
        if not self.ours:
            return
        if hasattr(self, "_process"):
            self._end(0.0)
        self._scratch.remove()

    @property
    def pid(self) -> int:
        """Of the process, and of its group."""
        return self._process.pid

    @property
    def ours(self) -> bool:
        """Whether this process started it: after a fork both sides hold its pipes, and would mix up their answers."""
        return self._owner == os.getpid()

    @property
    def alive(self) -> bool:
        """Whether another job may be asked."""
        return self.ours and self._process.returncode is None

    def _send(self, data: bytes) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def _receive(self, seconds: float) -> dict[str, Any] | int:
        """A message, or the exit code of a worker that will send no more."""
        head = self._exactly(4, seconds)
        body = None if head is None else self._exactly(int.from_bytes(head, "big"), seconds)
        if body is None:
            return self._end(_LAST_WORDS_SECONDS)
        message: dict[str, Any] = json.loads(body)
        return message

    def _exactly(self, count: int, seconds: float) -> bytes | None:
        stream = self._process.stdout
        if stream is None or count > _LONGEST:
            return None
        pieces = bytearray()
        watch = select.poll()
        watch.register(stream, select.POLLIN)
        while len(pieces) < count:
            if not watch.poll(seconds * 1000):
                self._end(0.0)
                raise ToolError(
                    f"the judge did not answer in {seconds:.0f} s: the machine is overloaded or asleep"
                )
            piece = os.read(stream.fileno(), count - len(pieces))
            if not piece:
                return None
            pieces += piece
        return bytes(pieces)

    def _end(self, patience: float) -> int:
        """Kill the whole group, *patience* seconds after; its leader is not reaped before, so the group is still it."""
        if self._process.returncode is None:
            _dies(self._process.pid, patience)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        return code

    def _complaint(self, ready: dict[str, Any] | int) -> str:
        """Why it did not come up, in its own words."""
        if isinstance(ready, dict):
            return str(ready["error"])
        lines = (
            (self.scratch / ".complaints").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        )
        return lines[-1] if lines else f"exit code {ready}"


_BOOT = "import sys; sys.path[:] = {path!r}; from ct_retrain.judge.confined.worker import main; main()"
_START_SECONDS = 120.0
_LAST_WORDS_SECONDS = 1.0
_LONGEST = 64 << 20
"""Bytes of an answer; a worker that says more is not ours any more."""


def _dies(pid: int, seconds: float) -> None:
    """Wait until *pid* is dead by itself, which it is about to be once it has closed its pipe, but not longer."""
    until = time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and time.monotonic() < until:
        time.sleep(0.001)


def _bubblewrap(scratch: Path, readable: tuple[str, ...]) -> list[str]:
    """The words that put a command into namespaces of its own; none where bubblewrap is missing or forbidden."""
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
    """Directories on the way to *paths*, outermost first: bubblewrap would make them for its own user only."""
    found = {str(parent) for path in paths for parent in Path(path).parents if Path(path).exists()}
    return sorted(found - {"/"} - {place for place in found if place.startswith(("/usr", "/lib", "/bin"))})


def closed(layers: tuple[str, ...]) -> bool:
    """Whether files outside the scratch directory, the network and other processes are out of reach."""
    files = any(layer.startswith(("landlock", "bubblewrap")) for layer in layers)
    return files and "seccomp" in layers and "no-new-privileges" in layers


def layers_of(tool: Tool) -> tuple[str, ...]:
    """The layers that were on while *tool* judged, as its detail names them."""
    named = tool.detail.partition("sandbox ")[2].partition(";")[0]
    return () if named in {"", "none"} else tuple(named.split(", "))


_CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE})


def _obituary(code: int) -> dict[str, Any]:
    """What the death of a worker says about the text it was reading; ToolError when it says nothing."""
    ended = -code if code < 0 else code - 128
    if ended == signal.SIGPROF:
        return _answer(Outcome.TIMEOUT, "the text takes too long to be read")
    if ended in _CRASHES:
        return _answer(Outcome.RESOURCE_LIMIT, f"reading the text ends in signal {ended}")
    raise ToolError(f"the judge's worker was killed (exit code {code}): is the machine out of memory?")


def _answer(outcome: Outcome, detail: str) -> dict[str, Any]:
    return {"error": "", **Answer(outcome, detail)._asdict()}
