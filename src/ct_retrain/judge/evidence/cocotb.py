"""cocotb testbenches: Python that drives the design through the simulator; and where cocotb is installed.

Settings of a Makefile or a `.env` are comment lines at the top of the text: `# TOPLEVEL = counter`, `# MODULE
= test_counter`, `# VERILOG_SOURCES = rtl/counter.sv rtl/fifo.sv`.
"""

import importlib
import importlib.metadata
import importlib.util
import re
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.installation import install_command
from ct_retrain.verilog.modules import instantiated

INSTALL = f"the testbench needs cocotb, which is not installed: `{install_command('cvdp')}`"
RUNNER = "test_runner.py"
"""Name of a data file that pytest runs and that starts the simulations itself, as in CVDP's harnesses."""


class Library(NamedTuple):
    """cocotb, as installed for this Python interpreter."""

    version: str
    vpi: str
    """Library that the simulator loads."""
    users: str
    """Libraries that it loads in turn: libpython, then cocotb's own entry point."""
    python: str
    paths: tuple[str, ...]
    """Import paths of a test module."""
    readable: tuple[str, ...]
    """Directories that must be readable."""


def locate_library() -> Library | None:
    """Find cocotb 2 for Icarus Verilog without importing it; None if it, or a shared libpython, is missing."""
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
    """Return the settings in the comment lines at the top of *testbench*."""
    found: dict[str, str] = {}
    for line in map(str.strip, testbench.splitlines()):
        if line and not line.startswith("#"):
            break
        match = _SETTING.fullmatch(line)
        if match is not None:
            found.setdefault(match["name"], match["value"].strip())
    return found


def with_settings(testbench: str, named: dict[str, str]) -> str:
    """Return *testbench* with comment lines that set *named* before it."""
    return "".join(f"# {name} = {value}\n" for name, value in named.items()) + testbench


def test_modules(named: dict[str, str]) -> list[str]:
    """Return the Python modules that hold the tests, the testbench itself first."""
    return re.findall(r"\w+", named.get("MODULE", "")) or ["testbench"]


def wanted(testbench: str) -> tuple[str, ...]:
    """Return the modules that *testbench*, of any style, needs of the design, as far as it names them."""
    return toplevel(testbench) if is_cocotb(testbench) else instantiated(testbench)


def toplevel(testbench: str) -> tuple[str, ...]:
    """Return the module that cocotb drives, if *testbench* names it."""
    return tuple(settings(testbench).get("TOPLEVEL", "").split()[:1])


def speaks_of_z(testbench: str) -> bool:
    """Whether *testbench*, of any style, minds floating bits: as a Verilog literal, or as a string of a cocotb test."""
    return _SPEAKS_OF_Z.search(testbench) is not None


_SPEAKS_OF_Z = re.compile(
    r"'[sS]?(?:[bBhHoO]\s*[0-9a-fA-FxX_?]*)?[zZ]|(?P<quote>[\"'])[01xXzZ]*[zZ][01xXzZ]*(?P=quote)"
)
