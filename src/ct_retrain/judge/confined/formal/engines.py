"""What is installed to prove with, what may be spent on a question, and what is found."""

import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.confined.formal import yowasp
from ct_retrain.judge.confined.sandbox.process import Limits


class Yosys(NamedTuple):
    """What is installed: yosys, abc beside it or in it, and perhaps yosys-smtbmc with z3."""

    yosys: str
    """Path of the program, or of the compiled wheel (see `judge.confined.formal.yowasp`)."""
    abc: str
    """Path of the program, or `LINKED` for the one inside the wheel."""
    version: str = ""
    smtbmc: str = ""
    """Path of `yosys-smtbmc`; "" where it, or z3, is missing."""
    z3: str = ""
    """Path of the solver that it asks."""
    z3_version: str = ""


LINKED = "linked"
"""The wheel's yosys has abc in it, and no program of it."""


class ProofEffort(NamedTuple):
    """How much may be spent."""

    limits: Limits
    """Of every program, one after the other."""
    bounded: bool
    """If it cannot be proved at once, ask further engines, and say at least up to where nothing fails."""
    depth: int
    """Steps to search where no proof is found; 0: as many as there is time for."""


class Finding(NamedTuple):
    """What the engines found of a question; True and False are proved."""

    answer: bool | None
    why: str
    method: str = ""
    """`pdr`, `sat`, `k-induction` or `bmc`; "" where nothing is known."""
    engine: str = ""
    """`abc` or `z3`."""
    depth: int = 0
    """Of True by k-induction, k; of False, the step of the failure; of None, the steps without one. A clock takes two."""
    steps: tuple[dict[str, int], ...] = ()
    """Inputs, step by step, that lead to the failure."""
    cpu_seconds: float = 0.0
    assumptions: tuple[str, ...] = ()
    """What the answer supposes, in words."""
    bench: str = ""
    """Of properties: a testbench that shows the failure."""
    covers: tuple[tuple[int, bool | None, int], ...] = ()
    """Line of a cover, whether it is reached, and in which step."""


def locate_yosys() -> Yosys | None:
    """Find yosys and abc on PATH, else the wheel that has both; None where there is neither."""
    yosys, abc = shutil.which("yosys"), shutil.which("yosys-abc") or shutil.which("berkeley-abc")
    if not (yosys and abc):
        return locate_wheel()
    smtbmc, z3 = shutil.which("yosys-smtbmc"), _z3()
    found = Yosys(yosys, abc, _said(yosys, "-V", 1))
    return (
        found._replace(smtbmc=smtbmc, z3=z3, z3_version=_said(z3, "--version", 2)) if smtbmc and z3 else found
    )


def locate_wheel() -> Yosys | None:
    """The same without a yosys on PATH, whether there is one or not."""
    module = yowasp.locate()
    return Yosys(module, LINKED, yowasp.described()) if module else None


def _z3() -> str:
    """The program that the wheel z3-solver brings, else the one on PATH; "" where there is none."""
    wheel = Path(sysconfig.get_path("scripts"), "z3")
    return str(wheel) if wheel.is_file() else shutil.which("z3") or ""


def z3_readable() -> tuple[str, ...]:
    """What a confined process must be able to read to ask the solver."""
    return tuple(filter(None, [_z3()]))


def _said(program: str, option: str, word: int) -> str:
    """The version that *program* prints as its word number *word*; raise ToolError when it says nothing."""
    try:
        done = subprocess.run([program, option], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{program} does not answer: {error}") from error
    words = done.stdout.split()
    return words[word] if len(words) > word else "unknown"
