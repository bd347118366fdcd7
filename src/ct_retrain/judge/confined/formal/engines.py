"""The proof engines that are installed, the effort allowed for a question, and the finding."""

import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.confined.formal import yowasp
from ct_retrain.judge.confined.sandbox.process import Limits


class Yosys(NamedTuple):
    """The installed yosys with abc, and yosys-smtbmc with z3 if installed."""

    yosys: str
    """Path of the program, or of the compiled wheel (see `judge.confined.formal.yowasp`)."""
    abc: str
    """Path of the program, or `LINKED` for the one inside the wheel."""
    version: str = ""
    smtbmc: str = ""
    """Path of `yosys-smtbmc`; "" if it or z3 is missing."""
    z3: str = ""
    """Path of the z3 solver that yosys-smtbmc uses."""
    z3_version: str = ""


LINKED = "linked"
"""Marks abc inside the wheel's yosys, which has no program of its own."""


class ProofEffort(NamedTuple):
    """Effort allowed for one question."""

    limits: Limits
    """Limits of each program; the programs run one after another."""
    bounded: bool
    """If the first engine finds no proof, ask the others, and report at least the depth without failure."""
    depth: int
    """Number of steps to search without a proof; 0: as many as the time allows."""


class ProofResult(NamedTuple):
    """The answer of the engines: True or False if proved, None if unknown."""

    answer: bool | None
    why: str
    method: str = ""
    """`pdr`, `sat`, `k-induction` or `bmc`; "" if there is no answer."""
    engine: str = ""
    """`abc` or `z3`."""
    depth: int = 0
    """k of a proof by k-induction; step of a failure; else the steps without failure. A clock cycle takes two steps."""
    steps: tuple[dict[str, int], ...] = ()
    """Inputs that lead to the failure: one dict per step, name → value."""
    cpu_seconds: float = 0.0
    assumptions: tuple[str, ...] = ()
    """Assumptions behind the answer, in words."""
    bench: str = ""
    """Testbench that shows the failure; only for properties."""
    covers: tuple[tuple[int, bool | None, int], ...] = ()
    """For each cover: its line, whether it is reached (None if unknown), and in which step."""


def locate_yosys() -> Yosys | None:
    """Find yosys and abc on PATH, else the wheel that contains both; return None if neither is installed."""
    yosys, abc = shutil.which("yosys"), shutil.which("yosys-abc") or shutil.which("berkeley-abc")
    if not (yosys and abc):
        return locate_wheel()
    smtbmc, z3 = shutil.which("yosys-smtbmc"), _z3()
    found = Yosys(yosys, abc, _said(yosys, "-V", 1))
    return (
        found._replace(smtbmc=smtbmc, z3=z3, z3_version=_said(z3, "--version", 2)) if smtbmc and z3 else found
    )


def locate_wheel() -> Yosys | None:
    """Find the wheel, whether yosys is on PATH or not; return None if it is not installed."""
    module = yowasp.locate()
    return Yosys(module, LINKED, yowasp.described()) if module else None


def _z3() -> str:
    """Return the path of the wheel z3-solver's program, else of z3 on PATH; "" if there is none."""
    wheel = Path(sysconfig.get_path("scripts"), "z3")
    return str(wheel) if wheel.is_file() else shutil.which("z3") or ""


def z3_readable() -> tuple[str, ...]:
    """Return the paths that a confined process must be able to read in order to run z3."""
    return tuple(filter(None, [_z3()]))


def _said(program: str, option: str, word: int) -> str:
    """Return the version that *program* prints as word number *word*; raise ToolError if it prints none."""
    try:
        done = subprocess.run([program, option], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{program} does not answer: {error}") from error
    words = done.stdout.split()
    return words[word] if len(words) > word else "unknown"
