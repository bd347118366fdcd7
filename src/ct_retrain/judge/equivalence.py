"""Asks yosys and abc whether two designs behave alike: proved, refuted, or unknown and why.

Both are put side by side over the same inputs, every register starting at zero. A reset that the ports name is held
for the first two clocks and outputs are compared from then on; without one, and where the golden leaves outputs
open ('x), a difference is no refutation. Compared are two-valued, zero-delay meanings.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.process import Finished, Limits, Patience, run
from ct_retrain.verilog.guard import guard
from ct_retrain.verilog.modules import Module, Port, modules


class Yosys(NamedTuple):
    """The two programs."""

    yosys: str
    abc: str
    version: str = ""


class Alike(NamedTuple):
    """An answer: True and False are proved."""

    answer: bool | None
    why: str
    depth: int = 0
    """Steps of the inputs up to which no difference exists, or the step of the difference; a clock takes two."""
    steps: tuple[dict[str, int], ...] = ()
    """Inputs, step by step, that lead to the difference."""


def locate_yosys() -> Yosys | None:
    """Find them on PATH; None where one is missing."""
    yosys, abc = shutil.which("yosys"), shutil.which("yosys-abc") or shutil.which("berkeley-abc")
    return None if yosys is None or abc is None else Yosys(yosys, abc, _version(yosys))


def _version(yosys: str) -> str:
    """As the program says; raise ToolError when it says nothing."""
    try:
        said = subprocess.run([yosys, "-V"], capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{yosys} does not answer: {error}"
        raise ToolError(message) from error
    words = said.split()
    return words[1] if len(words) > 1 else "unknown"


class Question(NamedTuple):
    """Do the modules *top* of two texts behave alike?"""

    golden: str
    other: str
    top: str
    bounded: bool
    """If it cannot be proved, say at least up to where there is no difference; it takes as long again."""


def alike(asked: Question, yosys: Yosys, limits: Limits) -> Alike:
    """Answer in the working directory; called inside a worker."""
    golden, other, top, bounded = asked
    with Patience(limits.cpu_seconds):
        if any(report.refused or report.unread for report in (guard(golden), guard(other))):
            return Alike(answer=None, why="not synthesizable")
        found = [next((m for m in modules(text) if m.name == top), None) for text in (golden, other)]
    if found[0] is None or found[0] != found[1]:
        return Alike(answer=None, why="the ports differ")
    miter = _miter(found[0])
    if miter is None:
        return Alike(answer=None, why="ports that cannot be compared")
    for name, text in (
        ("gold.v", golden),
        ("gate.v", other),
        ("miter.v", miter.text),
        ("equal.ys", _script(top)),
    ):
        Path(name).write_text(readable(text), encoding="utf-8", errors="replace")
    for name in (_AIGER, _MAP, _STEPS):
        Path(name).unlink(missing_ok=True)
    made = run([yosys.yosys, "-q", "-s", "equal.ys"], limits, None)
    if made.exit_code != 0 or not Path(_AIGER).is_file():
        return Alike(answer=None, why=f"yosys cannot read it: {_last(made)}")
    seconds = max(1, limits.cpu_seconds - 1)
    script = f"read_aiger {_AIGER}; fold; strash; pdr -T {seconds}; write_cex -n {_STEPS}"
    ended = run([yosys.abc, "-c", script], limits, None)
    if bounded and not any(word in ended.output for word in (_PROVED, _DIFFERS)):
        script = f"read_aiger {_AIGER}; fold; strash; bmc3 -T {seconds}; write_cex -n {_STEPS}"
        ended = run([yosys.abc, "-c", script], limits, None)
    return _read(ended, certain=miter.reset and "'x" not in golden.replace("'bx", "'x").lower())


def readable(rtl: str) -> str:
    """*rtl* for an old yosys, which sees latches in `always_comb` where there are none."""
    return re.sub(r"\balways_comb\b", "always @*", rtl)


_AIGER, _MAP, _STEPS = "miter.aig", "miter.map", "miter.cex"
_PROVED, _DIFFERS = "Property proved", "was asserted in frame"


def _script(top: str) -> str:
    sides = "\n".join(
        f"read_verilog -sv {side}.v\nhierarchy -check -top {top}\nproc -norom\nflatten\nrename {top} {side}\n"
        f"design -stash {side}\n"
        for side in ("gold", "gate")
    )
    return f"""{sides}
design -copy-from gold -as gold gold
design -copy-from gate -as gate gate
read_verilog -sv -formal miter.v
hierarchy -check -top miter
proc -norom
flatten
opt
memory_map
opt -full
clk2fflogic
setundef -undriven -zero
setundef -zero
zinit -all
opt -full
techmap
aigmap
opt_clean
write_aiger -zinit -map {_MAP} {_AIGER}
"""


class _Miter(NamedTuple):
    text: str
    reset: bool
    """Registers are defined before anything is compared; a design without a clock has none."""


_CLOCK = re.compile(r"^i?_?(?:clk|clock|ck|clk_?i|clk_?in|sys_clk)$", re.IGNORECASE)
_RESET = re.compile(
    r"^i?_?(?:a|s)?_?(?:rst|reset|resetn|rstn|clear|clr)(?P<low>_?n|b)?(?:_i)?$", re.IGNORECASE
)


def _miter(module: Module) -> _Miter | None:
    inputs = [port for port in module.ports if port.direction == "input"]
    outputs = [port for port in module.ports if port.direction == "output"]
    if (
        not outputs
        or len(inputs) + len(outputs) != len(module.ports)
        or any(port.width is None for port in module.ports)
    ):
        return None
    clock = clock_of(module)
    reset = next((port.name for port in inputs if port.width == 1 and _RESET.match(port.name)), "")
    wires = [f"  wire {_range(port)}{side}_{port.name};" for port in outputs for side in ("gold", "gate")]
    sides = [f"  {side} u_{side} ({_connections(inputs, outputs, side)});" for side in ("gold", "gate")]
    same = " && ".join(f"gold_{port.name} == gate_{port.name}" for port in outputs)
    checks = [f"  always @* assert ({same});"]
    if clock and reset:
        low = reset.lower().endswith(("n", "_b")) or "n_" in reset.lower()
        checks = [
            "  reg [1:0] age = 0;",
            f"  always @(posedge {clock}) if (age != 2) age <= age + 1;",
            f"  always @* if (age != 2) assume ({'!' if low else ''}{reset}); else assert ({same});",
        ]
    header = f"module miter ({', '.join(f'input {_range(port)}{port.name}' for port in inputs)});"
    return _Miter("\n".join([header, *wires, *sides, *checks, "endmodule", ""]), not clock or bool(reset))


def clock_of(module: Module) -> str:
    """The input that is named like a clock; "" for a design without one."""
    return next(
        (port.name for port in module.ports if port[1:] == ("input", 1) and _CLOCK.match(port.name)), ""
    )


def _range(port: Port) -> str:
    return f"[{(port.width or 1) - 1}:0] " if (port.width or 1) > 1 else ""


def _connections(inputs: list[Port], outputs: list[Port], side: str) -> str:
    fed = [f".{port.name}({port.name})" for port in inputs]
    return ", ".join([*fed, *(f".{port.name}({side}_{port.name})" for port in outputs)])


def _read(ended: Finished, *, certain: bool) -> Alike:
    if _PROVED in ended.output:
        return Alike(answer=True, why="proved by property-directed reachability")
    found = re.search(rf"{_DIFFERS} (\d+)", ended.output)
    if found is not None:
        why = "differs" if certain else "differs from a start at zero, which no reset ensures"
        return Alike(answer=False if certain else None, why=why, depth=int(found[1]), steps=_steps())
    bounded = re.search(r"No output asserted in (\d+) frames", ended.output)
    if bounded is not None:
        return Alike(answer=None, why="no difference up to a depth", depth=int(bounded[1]))
    return Alike(answer=None, why=f"not decided: {_last(ended)}")


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
        name, bit = place[int(index)]
        inputs = steps.setdefault(int(step), {})
        inputs[name] = inputs.get(name, 0) | int(value) << bit
    return tuple(steps[step] for step in sorted(steps))


def _last(ended: Finished) -> str:
    lines = [line.strip() for line in ended.output.splitlines() if line.strip()]
    return lines[-1][:160] if lines else f"exit code {ended.exit_code}"
