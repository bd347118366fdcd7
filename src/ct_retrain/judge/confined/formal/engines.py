"""Says of a netlist whether its assertions can ever fail: yosys writes it down, abc and an SMT solver look at it.

Property-directed reachability (abc) goes first where it is installed, bounded model checking and k-induction
(bitwuzla or z3) after it. Runs inside a worker; only what yosys read is judged, with every register starting at zero.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.confined.formal import smt, yowasp
from ct_retrain.judge.confined.sandbox.process import Finished, Limits, run


class Yosys(NamedTuple):
    """What is installed: yosys, and at least one that decides."""

    yosys: str
    """Path of the program, or of the compiled wheel (see `judge.confined.formal.yowasp`)."""
    abc: str
    """Path of the program; "" where it is missing."""
    version: str = ""
    solver: str = ""
    """`bitwuzla`, `z3` or "" where neither wheel is installed."""
    solver_version: str = ""


class ProofEffort(NamedTuple):
    """How much may be spent."""

    limits: Limits
    """Of every program, one after the other."""
    bounded: bool
    """If it cannot be proved, say at least up to where nothing fails; it takes as long again."""
    depth: int
    """Steps to search where no proof is found; 0: as many as there is time for."""


class Decision(NamedTuple):
    """What the engines found; True and False are proved."""

    answer: bool | None
    why: str
    method: str = ""
    """`pdr`, `k-induction` or `bmc`; "" where nothing is known."""
    engine: str = ""
    """`abc`, `bitwuzla` or `z3`."""
    depth: int = 0
    """Of True by k-induction, k; of False, the step of the failure; of None, the steps without one."""
    steps: tuple[dict[str, int], ...] = ()
    """Inputs, step by step, that lead to the failure; a clock takes two steps."""
    cpu_seconds: float = 0.0


def locate_yosys() -> Yosys | None:
    """Find yosys on PATH, else its wheel, and what decides beside it; None where one of the two is missing."""
    yosys = shutil.which("yosys")
    return _beside(yosys) if yosys else locate_wheels()


def locate_wheels() -> Yosys | None:
    """The same without a yosys on PATH, whether there is one or not."""
    module = yowasp.locate()
    return _beside(module) if module else None


def _beside(yosys: str) -> Yosys | None:
    """*yosys* with what decides beside it, if anything does."""
    abc = shutil.which("yosys-abc") or shutil.which("berkeley-abc")
    solver = next((name for name in smt.SOLVERS if find_spec(name) is not None), "")
    if not (abc or solver):
        return None
    release = yowasp.described() if yowasp.is_module(yosys) else _version(yosys)
    return Yosys(yosys, abc or "", release, solver, _wheel(smt.SOLVERS[solver]) if solver else "")


def _version(yosys: str) -> str:
    """As the program says; raise ToolError when it says nothing."""
    try:
        said = subprocess.run([yosys, "-V"], capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{yosys} does not answer: {error}"
        raise ToolError(message) from error
    words = said.split()
    return words[1] if len(words) > 1 else "unknown"


def _wheel(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


TOP = "miter"
"""Name of the module whose assertions are looked at."""


def decide(files: Mapping[str, str], reading: str, yosys: Yosys, effort: ProofEffort) -> Decision:
    """Whether an assertion below module `TOP` of *files* can fail; *reading* are the yosys commands that read them."""
    for name, text in {**files, _SCRIPT: _script(reading, yosys)}.items():
        Path(name).write_text(text, encoding="utf-8", errors="replace")
    # What an earlier netlist left must not be taken for this one's.
    for name in (_AIGER, _MAP, _STEPS, _SMT):
        Path(name).unlink(missing_ok=True)
    made = yowasp.execute(yosys.yosys, _SCRIPT, effort.limits)
    if made.limit is not None:
        return Decision(None, f"yosys ran out of {made.limit}", cpu_seconds=made.cpu_seconds)
    if made.exit_code != 0 or not Path(_AIGER if yosys.abc else _SMT).is_file():
        return Decision(None, f"{UNREAD}: {_last(made)}", cpu_seconds=made.cpu_seconds)
    found = _reachability(yosys, effort) if yosys.abc else None
    spent = made.cpu_seconds + (found.cpu_seconds if found else 0.0)
    wanted = found is None or (effort.bounded and found.answer is None)
    if wanted:
        found = _solved(yosys, effort) if yosys.solver else _bounded(yosys, effort)
        spent += found.cpu_seconds
    return (found or Decision(None, "not decided"))._replace(cpu_seconds=round(spent, 3))


UNREAD = "yosys cannot read it"
_SCRIPT, _AIGER, _MAP, _STEPS, _SMT = "prove.ys", "miter.aig", "miter.map", "miter.cex", "miter.smt2"
_PROVED, _DIFFERS = "Property proved", "was asserted in frame"


def _script(reading: str, yosys: Yosys) -> str:
    aiger = f"techmap\naigmap\nopt_clean\nwrite_aiger -zinit -map {_MAP} {_AIGER}\n" if yosys.abc else ""
    return f"""{reading}
hierarchy -check -top {TOP}
proc -norom
flatten
select -assert-min 1 t:$assert t:$check
opt
memory_map
opt -full
clk2fflogic
setundef -undriven -zero
setundef -zero
zinit -all
opt -full
{f"write_smt2 -stbv {_SMT}" if yosys.solver else ""}
{aiger}"""


def _reachability(yosys: Yosys, effort: ProofEffort) -> Decision:
    ended = _abc(yosys, effort, f"pdr -T {_seconds(effort)}")
    if _PROVED in ended.output:
        why = "proved by property-directed reachability"
        return Decision(answer=True, why=why, method="pdr", engine="abc", cpu_seconds=ended.cpu_seconds)
    return _refuted(ended, "pdr") or Decision(
        None, f"not decided: {_last(ended)}", cpu_seconds=ended.cpu_seconds
    )


def _bounded(yosys: Yosys, effort: ProofEffort) -> Decision:
    frames = f" -F {effort.depth}" if effort.depth else ""
    ended = _abc(yosys, effort, f"bmc3 -T {_seconds(effort)}{frames}")
    bounded = re.search(r"No output asserted in (\d+) frames", ended.output)
    if bounded is not None:
        why = "nothing fails up to a depth"
        return Decision(None, why, "bmc", "abc", int(bounded[1]), cpu_seconds=ended.cpu_seconds)
    return _refuted(ended, "bmc") or Decision(
        None, f"not decided: {_last(ended)}", cpu_seconds=ended.cpu_seconds
    )


def _refuted(ended: Finished, method: str) -> Decision | None:
    found = re.search(rf"{_DIFFERS} (\d+)", ended.output)
    if found is None:
        return None
    failed = Decision(answer=False, why="fails", method=method, engine="abc", depth=int(found[1]))
    return failed._replace(steps=_steps(), cpu_seconds=ended.cpu_seconds)


def _solved(yosys: Yosys, effort: ProofEffort) -> Decision:
    text = Path(_SMT).read_text(encoding="utf-8", errors="replace")
    found = smt.search(text, TOP, yosys.solver, effort.limits, effort.depth)
    known = Decision(answer=None, why="", engine=yosys.solver, cpu_seconds=found.cpu_seconds)
    if found.proved:
        why = f"proved by {found.proved}-induction"
        return known._replace(answer=True, why=why, method="k-induction", depth=found.proved)
    if found.steps:
        depth = len(found.steps) - 1
        return known._replace(answer=False, why="fails", method="bmc", depth=depth, steps=found.steps)
    if found.holds:
        return known._replace(why="nothing fails up to a depth", method="bmc", depth=found.holds)
    return known._replace(why=f"not decided: {found.why}")


def _abc(yosys: Yosys, effort: ProofEffort, command: str) -> Finished:
    Path(_STEPS).unlink(missing_ok=True)
    script = f"read_aiger {_AIGER}; fold; strash; {command}; write_cex -n {_STEPS}"
    return run([yosys.abc, "-c", script], effort.limits, None)


def _seconds(effort: ProofEffort) -> int:
    return max(1, effort.limits.cpu_seconds - 1)


def _steps() -> tuple[dict[str, int], ...]:
    """The counterexample that abc left, by the names of the inputs."""
    if not (Path(_STEPS).is_file() and Path(_MAP).is_file()):
        return ()
    names = re.findall(r"^input (\d+) (\d+) (\S+)$", Path(_MAP).read_text(encoding="utf-8"), re.MULTILINE)
    place = {int(index): (name, int(bit)) for index, bit, name in names}
    steps: dict[int, dict[str, int]] = {}
    for index, step, value in re.findall(
        r"^pi(\d+)@(\d+)=([01])$", Path(_STEPS).read_text(encoding="utf-8"), re.MULTILINE
    ):
        inputs = steps.setdefault(int(step), {})
        # What the design leaves unknown is an input without a name.
        if int(index) in place:
            name, bit = place[int(index)]
            inputs[name] = inputs.get(name, 0) | int(value) << bit
    return tuple(steps[step] for step in sorted(steps))


def _last(ended: Finished) -> str:
    lines = [line.strip() for line in ended.output.splitlines() if line.strip()]
    return lines[-1][:160] if lines else f"exit code {ended.exit_code}"
