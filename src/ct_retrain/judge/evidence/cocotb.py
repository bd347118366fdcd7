"""cocotb testbenches: Python texts that drive the design by way of the simulator, and where cocotb is installed.

What a Makefile or a `.env` would say stands in comment lines before the text's first other line:
`# TOPLEVEL = counter`, `# MODULE = test_counter`, `# VERILOG_SOURCES = rtl/counter.sv rtl/fifo.sv`.
"""

import importlib
import importlib.metadata
import importlib.util
import re
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import NamedTuple

from ct_retrain.verilog.modules import instantiated

INSTALL = "cocotb is not here, and the testbench is written for it: `pip install 'ct-retrain[cvdp]'`"
RUNNER = "test_runner.py"
"""A data file of this name is run by pytest and starts the simulations itself, as in CVDP's harnesses."""


class Library(NamedTuple):
    """cocotb as installed beside this very Python."""

    version: str
    vpi: str
    """What the simulator loads."""
    users: str
    """What that loads: libpython, then cocotb's own entry."""
    python: str
    paths: tuple[str, ...]
    """Where a test module imports from."""
    readable: tuple[str, ...]
    """Directories that must be readable."""


def locate_library() -> Library | None:
    """Find cocotb 2 for Icarus Verilog without importing it; None where it, or a shared libpython, is missing."""
    spec = importlib.util.find_spec("cocotb")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    vpi = next((package / "libs").glob("libcocotbvpi_icarus.*"), None)
    core = next(
        (found for end in EXTENSION_SUFFIXES if (found := package / f"simulator{end}").is_file()), None
    )
    shared: str | None = importlib.import_module("find_libpython").find_libpython()
    if vpi is None or core is None or shared is None:
        return None
    paths = (str(package.parent), str(Path(__file__).resolve().parents[3]))
    homes = {sys.prefix, sys.base_prefix, str(Path(shared).parent), *paths}
    return Library(
        version=f"{importlib.metadata.version('cocotb')} on Python {sys.version.split()[0]}",
        vpi=str(vpi),
        users=f"{shared};{core},initialize",
        python=sys.executable,
        paths=paths,
        readable=tuple(sorted(homes - {"/", "/usr"})),
    )


_IMPORT = re.compile(r"^(?:import|from)[ \t]+cocotb\b", re.MULTILINE)
_VERILOG = re.compile(r"^[ \t]*endmodule\b", re.MULTILINE)
_SETTING = re.compile(r"#\s*(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*)")


def is_cocotb(testbench: str) -> bool:
    """Whether *testbench* is Python for cocotb."""
    return _IMPORT.search(testbench) is not None and _VERILOG.search(testbench) is None


def settings(testbench: str) -> dict[str, str]:
    """What the comment lines on top of *testbench* set."""
    found: dict[str, str] = {}
    for line in map(str.strip, testbench.splitlines()):
        if line and not line.startswith("#"):
            break
        match = _SETTING.fullmatch(line)
        if match is not None:
            found.setdefault(match["name"], match["value"].strip())
    return found


def with_settings(testbench: str, named: dict[str, str]) -> str:
    """*testbench* below comment lines that set *named*."""
    return "".join(f"# {name} = {value}\n" for name, value in named.items()) + testbench


def test_modules(named: dict[str, str]) -> list[str]:
    """The Python modules that hold the tests; the first is the testbench itself."""
    return re.findall(r"\w+", named.get("MODULE", "")) or ["testbench"]


def wanted(testbench: str) -> tuple[str, ...]:
    """The modules that *testbench*, of whatever style, needs of the design, as far as it names them."""
    return toplevel(testbench) if is_cocotb(testbench) else instantiated(testbench)


def toplevel(testbench: str) -> tuple[str, ...]:
    """The module that cocotb is to drive, if *testbench* names it."""
    return tuple(settings(testbench).get("TOPLEVEL", "").split()[:1])
