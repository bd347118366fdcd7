"""The installed Icarus Verilog: where its programs are, and the commands that compile and simulate with them.

If the installation has the known layout, ivlpp, ivl and vvp are called directly, which takes a third less time than
the driver. `judge.confined.worker` compares both at its start, and uses the driver if they differ.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.errors import ToolError

INSTALL = (
    "Icarus Verilog is not installed: `apt install iverilog`, `dnf install iverilog`, `brew install icarus-verilog` "
    "or `conda install -c conda-forge iverilog`"
)
SOURCE, COMPILED, CONFIG, MACROS = "all.v", "design.vvp", "compile.conf", "macros.conf"
NAMES = frozenset({SOURCE, COMPILED, CONFIG, MACROS, "design.v", "testbench.v", "output"})
"""Names of our own files in the scratch directory."""
PREDEFINED = "D:__ICARUS__=1\n"
"""Contents of `MACROS`: the one macro that the driver predefines too."""


class IcarusInstallation(NamedTuple):
    """An installation; `base` is the directory of ivlpp and ivl, empty if only the driver can be used."""

    iverilog: str
    vvp: str
    base: str
    version: str

    @property
    def readable(self) -> tuple[str, ...]:
        """Directories that the programs need to read, outside the system's own."""
        homes = {str(Path(program).resolve().parent.parent) for program in (self.iverilog, self.vvp)}
        return tuple(sorted({*homes, *([self.base] if self.base else [])} - {"/"}))

    @property
    def programs(self) -> dict[str, list[str]]:
        """Path of each program that runs for every design → the libraries it loads."""
        modules = _modules(self.base) if self.base else []
        compiler = {f"{self.base}/ivl": [f"{self.base}/vvp.tgt", *modules]} if self.base else {}
        return {**compiler, self.vvp: modules}


@cache
def _modules(base: str) -> list[str]:
    """Paths of the VPI modules that the driver loads for every simulation."""
    names = ("system.vpi", "v2005_math.vpi", "va_math.vpi", "v2009.vpi")
    return [f"{base}/{name}" for name in names if Path(base, name).is_file()]


def locate() -> IcarusInstallation:
    """Find the programs on PATH; raise ToolError with install commands if they are missing."""
    iverilog, vvp = shutil.which("iverilog"), shutil.which("vvp")
    if iverilog is None or vvp is None:
        raise ToolError(INSTALL)
    try:
        said = subprocess.run(
            [iverilog, "-V"], capture_output=True, text=True, timeout=60, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{iverilog} does not answer: {error}"
        raise ToolError(message) from error
    version = re.search(r"Icarus Verilog version (\S+)", said)
    if version is None:
        message = f"{iverilog} -V prints no version; is it Icarus Verilog? It said {said[:80]!r}"
        raise ToolError(message)
    return IcarusInstallation(iverilog, vvp, _base(iverilog), version[1])


def _base(iverilog: str) -> str:
    """Return the directory of ivl, below the driver's prefix; "" if it is elsewhere."""
    prefix = Path(iverilog).resolve().parent.parent
    places = [*prefix.glob("lib/ivl"), *prefix.glob("lib/*/ivl"), *prefix.glob("lib64/ivl")]
    names = ("ivl", "ivlpp", "vvp.conf", "system.vpi")
    return next((str(place) for place in places if all((place / name).is_file() for name in names)), "")


def driver(icarus: IcarusInstallation, tops: Sequence[str], *, alone: bool = False) -> list[str]:
    """Return the command that compiles the preprocessed `SOURCE` by the driver; *alone* if modules may be missing."""
    roots = [word for top in tops for word in ("-s", top)]
    missing = ["-i"] if alone else []
    return [icarus.iverilog, "-g2012", "-Wall", "-Wno-timescale", *missing, *roots, "-o", COMPILED, SOURCE]


def preprocess(icarus: IcarusInstallation, source: str, target: str) -> list[str]:
    """Return the command that preprocesses *source* alone into *target*, with the macros of `MACROS`."""
    if icarus.base:
        return [f"{icarus.base}/ivlpp", "-L", f"-F{MACROS}", "-o", target, source]
    return [icarus.iverilog, "-E", "-g2012", "-o", target, source]


def compile_directly(icarus: IcarusInstallation) -> list[str]:
    """Return the command that compiles `SOURCE` as `CONFIG` says."""
    return [f"{icarus.base}/ivl", f"-C{CONFIG}", f"-C{icarus.base}/vvp.conf", "--", SOURCE]


def configuration(icarus: IcarusInstallation, tops: Sequence[str], *, alone: bool = False) -> str:
    """Return the configuration file that the driver would write for `driver`, without the modules for VHDL."""
    lines = [
        *(f"root:{top}" for top in tops),
        f"basedir:{icarus.base}",
        *(f"module:{path}" for path in _modules(icarus.base)),
        *(f"generation:{name}" for name in _GENERATION),
        "warnings:nidRpsa",
        f"ignore_missing_modules:{str(alone).lower()}",
        f"out:{COMPILED}",
        "iwidth:32",
        "widthcap:65536",
        "",
    ]
    return "\n".join(lines)


_GENERATION = (
    *(
        "2012",
        "no-specify",
        "assertions",
        "xtypes",
        "io-range-error",
        "no-strict-ca-eval",
        "no-strict-expr-width",
    ),
    *("shared-loop-index", "no-verilog-ams", "icarus-misc"),
)


def simulate(icarus: IcarusInstallation) -> list[str]:
    """Return the command that simulates the program on standard input: $stop ends it, and no waveform is written.

    A pipe can be read only once, and vvp has read it before the design runs, so the design cannot read the compiled
    program.
    """
    return [icarus.vvp, "-n", "/dev/stdin", "-none"]
