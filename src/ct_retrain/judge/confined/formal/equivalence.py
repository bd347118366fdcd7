"""Checks by yosys and abc whether two designs behave alike: proved, refuted, or unknown with the reason.

Both designs get the same inputs, and every register starts at zero. If a port is named like a reset, it is active for
the first two clocks, and outputs are compared from then on. Without a reset, or if the golden leaves outputs open
('x), a difference does not refute. The comparison is two-valued and ignores delays.
"""

import re
from typing import NamedTuple

from ct_retrain.judge.confined.formal.deciding import TOP, can_fail
from ct_retrain.judge.confined.formal.engines import ProofEffort, ProofResult, Yosys
from ct_retrain.judge.confined.sandbox.process import CpuBudget, Limits
from ct_retrain.verilog.guard import approve, usable
from ct_retrain.verilog.modules import Module, Port, modules
from ct_retrain.verilog.yosys_compat import older


class EquivalenceQuestion(NamedTuple):
    """A question: do the modules *top* of two texts behave alike?"""

    golden: str
    other: str
    top: str
    bounded: bool
    """If there is no proof, search for the depth without a difference; takes as long again."""
    depth: int = 0
    """Number of steps to search without a proof; 0: as many as the time allows."""


def prove_equivalent(asked: EquivalenceQuestion, yosys: Yosys, limits: Limits) -> ProofResult:
    """Answer *asked*, in the working directory; called inside a worker."""
    golden, other, top = asked.golden, asked.other, asked.top
    with CpuBudget(limits.cpu_seconds):
        golden, other = rewritten(golden), rewritten(other)
        if not (golden and other):
            return ProofResult(answer=None, why="not synthesizable")
        found = [next((m for m in modules(text) if m.name == top), None) for text in (golden, other)]
    if found[0] is None or found[0] != found[1]:
        return ProofResult(answer=None, why=OTHER_PORTS)
    miter = _miter(found[0])
    if miter is None:
        return ProofResult(answer=None, why="ports that cannot be compared")
    files = {"gold.v": readable(golden), "gate.v": readable(other), "miter.v": miter.text}
    is_open = _OPEN.search(golden) is not None
    reading = _reading(top, strict=not is_open)
    made = can_fail(files, reading, yosys, ProofEffort(limits, asked.bounded, asked.depth))
    certain = miter.settled and not is_open
    return _answer(made, miter.assumptions, certain=certain)


OTHER_PORTS = "the ports differ"
_OPEN = re.compile(r"'\s*s?[bodh]?\s*[0-9a-f_]*x", re.IGNORECASE)
"""Matches a literal that is at least partly unknown."""


def rewritten(rtl: str) -> str:
    """Return *rtl* rewritten so that yosys and a simulator read it alike; "" if that is not possible."""
    approved = approve(rtl)
    return approved.text if usable(approved) else ""


def readable(rtl: str) -> str:
    """Rewrite *rtl* for old yosys versions, which read no packages and see false latches in `always_comb`."""
    return re.sub(r"\balways_comb\b", "always @*", older(rtl))


READ_DESIGN = """read_verilog -sv {file}
hierarchy -check -top {top}
proc -norom
flatten
select -assert-none t:$print
chformal -remove
"""
"""Removes a design's own assumptions, which yosys would believe: with `assume (0)` anything can be proved."""


FREE = "setundef -undriven -anyseq\nsetundef -anyseq\n"
"""Lets what a design leaves unknown have any value; read as 0, it would equal a real 0."""


def _reading(top: str, *, strict: bool) -> str:
    """Return the yosys commands that read both designs.

    With *strict*, the golden's unknown values count as 0, and the other design's may be anything; else both count as
    0.
    """
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
    """Registers are defined before the comparison starts; always true without a clock."""
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
    """Whether *module* has outputs, and only ports that can be driven and read."""
    return any(port.direction == "output" for port in module.ports) and all(
        port.direction in {"input", "output"} and port.width is not None for port in module.ports
    )


class Starting(NamedTuple):
    """How a design reaches a defined state before it is checked."""

    ready: str
    """Verilog that defines `ct_ready`, 1 once the design is in a defined state."""
    held: str
    """Verilog that assumes the reset is active until then."""
    settled: bool
    assumptions: tuple[str, ...]
    reset: str = ""
    """The reset; "" without one."""
    low: bool = False
    """Whether the reset is active at 0."""


def starting(module: Module) -> Starting:
    """Return two clocks of the reset that *module*'s ports name; without one, registers start at zero."""
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
    return Starting(ready, held, settled=True, assumptions=assumptions, reset=reset, low=low)


def clock_of(module: Module) -> str:
    """Return the input that is named like a clock; "" if there is none."""
    return next(
        (port.name for port in module.ports if port[1:] == ("input", 1) and _CLOCK.match(port.name)), ""
    )


def _connections(inputs: list[Port], outputs: list[Port], side: str) -> str:
    fed = [f".{port.name}({port.name})" for port in inputs]
    return ", ".join([*fed, *(f".{port.name}({side}_{port.name})" for port in outputs)])


def _answer(made: ProofResult, assumptions: tuple[str, ...], *, certain: bool) -> ProofResult:
    why, answer = made.why, made.answer
    if answer is False:
        why = "differs" if certain else "differs from a start at zero, which no reset ensures"
        answer = False if certain else None
    elif answer is None and made.depth:
        why = "no difference up to a depth"
    return made._replace(answer=answer, why=why, assumptions=assumptions)
