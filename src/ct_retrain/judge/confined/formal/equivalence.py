"""Asks yosys and abc whether two designs behave alike: proved, refuted, or unknown and why.

Both are put side by side over the same inputs, every register starting at zero. A reset that the ports name is held
for the first two clocks and outputs are compared from then on; without one, and where the golden leaves outputs
open ('x), a difference is no refutation. Compared are two-valued, zero-delay meanings.
"""

import re
from typing import NamedTuple

from ct_retrain.judge.confined.formal.deciding import TOP, decide
from ct_retrain.judge.confined.formal.engines import Finding, ProofEffort, Yosys
from ct_retrain.judge.confined.sandbox.process import CpuBudget, Limits
from ct_retrain.verilog.guard import approve, usable
from ct_retrain.verilog.modules import Module, Port, modules
from ct_retrain.verilog.yosys_compat import older


class Question(NamedTuple):
    """Do the modules *top* of two texts behave alike?"""

    golden: str
    other: str
    top: str
    bounded: bool
    """If it cannot be proved, say at least up to where there is no difference; it takes as long again."""
    depth: int = 0
    """Steps to search where no proof is found; 0: as many as there is time for."""


def alike(asked: Question, yosys: Yosys, limits: Limits) -> Finding:
    """Answer in the working directory; called inside a worker."""
    golden, other, top = asked.golden, asked.other, asked.top
    with CpuBudget(limits.cpu_seconds):
        golden, other = fit(golden), fit(other)
        if not (golden and other):
            return Finding(answer=None, why="not synthesizable")
        found = [next((m for m in modules(text) if m.name == top), None) for text in (golden, other)]
    if found[0] is None or found[0] != found[1]:
        return Finding(answer=None, why="the ports differ")
    miter = _miter(found[0])
    if miter is None:
        return Finding(answer=None, why="ports that cannot be compared")
    files = {"gold.v": readable(golden), "gate.v": readable(other), "miter.v": miter.text}
    is_open = _OPEN.search(golden) is not None
    reading = _reading(top, strict=not is_open)
    made = decide(files, reading, yosys, ProofEffort(limits, asked.bounded, asked.depth))
    certain = miter.settled and not is_open
    return _answer(made, miter.assumptions, certain=certain)


_OPEN = re.compile(r"'\s*s?[bodh]?\s*[0-9a-f_]*x", re.IGNORECASE)
"""A literal that is unknown, at least in part."""


def fit(rtl: str) -> str:
    """*rtl* in the one spelling that yosys and a simulator read alike; "" where there is none."""
    approved = approve(rtl)
    return approved.text if usable(approved) else ""


def readable(rtl: str) -> str:
    """*rtl* for an old yosys, which reads no packages and sees latches in `always_comb` where there are none."""
    return re.sub(r"\balways_comb\b", "always @*", older(rtl))


READ_DESIGN = """read_verilog -sv {file}
hierarchy -check -top {top}
proc -norom
flatten
select -assert-none t:$print
chformal -remove
"""
"""A design's own assumptions would be believed: `assume (0)` makes everything true."""


FREE = "setundef -undriven -anyseq\nsetundef -anyseq\n"
"""What a design leaves unknown may be anything; read as 0, it would equal what really is 0."""


def _reading(top: str, *, strict: bool) -> str:
    """With *strict*, only what the golden says is right; otherwise what either leaves open is read as 0."""
    sides = "".join(
        READ_DESIGN.format(file=f"{side}.v", top=top)
        + f"{FREE if strict and side == 'gate' else ''}rename {top} {side}\ndesign -stash {side}\n"
        for side in ("gold", "gate")
    )
    return (
        f"{sides}design -copy-from gold -as gold gold\ndesign -copy-from gate -as gate gate\n"
        "read_verilog -sv -formal miter.v"
    )


class _Miter(NamedTuple):
    text: str
    settled: bool
    """Registers are defined before anything is compared; a design without a clock has none."""
    assumptions: tuple[str, ...]


_CLOCK = re.compile(r"^i?_?(?:clk|clock|ck|clk_?i|clk_?in|sys_clk)$", re.IGNORECASE)
_RESET = re.compile(
    r"^i?_?(?:a|s)?_?(?:rst|reset|resetn|rstn|clear|clr)(?P<low>_?n|b)?(?:_i)?$", re.IGNORECASE
)


def _miter(module: Module) -> _Miter | None:
    inputs = [port for port in module.ports if port.direction == "input"]
    outputs = [port for port in module.ports if port.direction == "output"]
    if not comparable(module):
        return None
    start = starting(module)
    wires = [f"  wire {port.dimension}{side}_{port.name};" for port in outputs for side in ("gold", "gate")]
    sides = [f"  {side} u_{side} ({_connections(inputs, outputs, side)});" for side in ("gold", "gate")]
    same = " && ".join(f"gold_{port.name} == gate_{port.name}" for port in outputs)
    checks = f"  always @* if (ct_ready) assert ({same});"
    header = f"module {TOP} ({', '.join(f'input {port.dimension}{port.name}' for port in inputs)});"
    text = "\n".join([header, *wires, start.ready, start.held, *sides, checks, "endmodule", ""])
    return _Miter(text, start.settled, start.assumptions)


def comparable(module: Module) -> bool:
    """Whether it has outputs, and ports that can be driven and read."""
    return any(port.direction == "output" for port in module.ports) and all(
        port.direction in {"input", "output"} and port.width is not None for port in module.ports
    )


class Starting(NamedTuple):
    """How a design is brought to a defined state before anything is looked at."""

    ready: str
    """Verilog that defines `ct_ready`."""
    held: str
    """Verilog that assumes the reset until then."""
    settled: bool
    assumptions: tuple[str, ...]


def starting(module: Module) -> Starting:
    """Two clocks of the reset that the ports name; registers at zero where there is none."""
    clock = clock_of(module)
    inputs = [port for port in module.ports if port.direction == "input"]
    reset = next((port.name for port in inputs if port.width == 1 and _RESET.match(port.name)), "")
    if not (clock and reset):
        given = ("every register starts at zero",) if clock else ()
        return Starting("  wire ct_ready = 1;", "", not clock, given)
    low = reset.lower().endswith(("n", "_b")) or "n_" in reset.lower()
    ready = (
        f"  reg [1:0] ct_age = 0;\n  always @(posedge {clock}) if (ct_age != 2) ct_age <= ct_age + 1;\n"
        "  wire ct_ready = ct_age == 2;"
    )
    held = f"  always @* if (!ct_ready) assume ({'!' if low else ''}{reset});"
    said = f"{reset} is {0 if low else 1} for the first two clocks"
    assumptions = (said, "a register that the reset leaves out starts at zero")
    return Starting(ready, held, settled=True, assumptions=assumptions)


def clock_of(module: Module) -> str:
    """The input that is named like a clock; "" for a design without one."""
    return next(
        (port.name for port in module.ports if port[1:] == ("input", 1) and _CLOCK.match(port.name)), ""
    )


def _connections(inputs: list[Port], outputs: list[Port], side: str) -> str:
    fed = [f".{port.name}({port.name})" for port in inputs]
    return ", ".join([*fed, *(f".{port.name}({side}_{port.name})" for port in outputs)])


def _answer(made: Finding, assumptions: tuple[str, ...], *, certain: bool) -> Finding:
    why, answer = made.why, made.answer
    if answer is False:
        why = "differs" if certain else "differs from a start at zero, which no reset ensures"
        answer = False if certain else None
    elif answer is None and made.depth:
        why = "no difference up to a depth"
    return made._replace(answer=answer, why=why, assumptions=assumptions)
