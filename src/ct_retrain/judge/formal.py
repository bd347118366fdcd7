"""Is a candidate the golden, for every input and for ever? A lattice of answers, of which only one says *proved*.

`proved` and `fail` are the ends: a proof by property-directed reachability, and a counterexample that Icarus has
replayed. Between them `bounded` says up to where no difference exists, and `unknown` why nobody can tell. What is
proved is the two-valued, zero-delay meaning after two clocks of reset (see `judge.equivalence`).
"""

from enum import StrEnum

from ct_retrain.core.record import Record
from ct_retrain.core.verdict import Design, Outcome
from ct_retrain.judge.equivalence import Alike, Question, clock_of
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.prover import NO_YOSYS
from ct_retrain.verilog.modules import Module, Port, modules
from ct_retrain.verilog.rename import with_suffix


class Status(StrEnum):
    """From strongest to weakest, then the two that say nothing."""

    PROVED = "proved"
    FAIL = "fail"
    BOUNDED = "bounded"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    """The designs cannot be compared: other ports, or not synthesizable."""
    NOT_RUN = "not_run"
    """There is no engine."""


class FormalResult(Record):
    """What is known of a candidate beside its golden."""

    status: Status
    method: str
    depth: int
    """Of `bounded`, the steps without a difference; of `fail`, the step of the difference; a clock takes two."""
    why: str
    counterexample: tuple[dict[str, int], ...] = ()
    """Inputs, step by step; only of a failure that was replayed."""


def equivalent(judge: Judge, golden: str, candidate: str, top: str) -> FormalResult:
    """Compare module *top* of *candidate* with that of *golden*."""
    found = judge.prover.compared(Question(golden, candidate, top, bounded=True))
    if found.answer is True:
        return FormalResult(status=Status.PROVED, method="pdr", depth=0, why=found.why)
    if found.answer is False:
        return _replayed(judge, golden, candidate, top, found)
    if found.why == NO_YOSYS:
        return FormalResult(status=Status.NOT_RUN, method="", depth=0, why=found.why)
    if found.why in _INCOMPARABLE or found.why.startswith("yosys cannot read"):
        return FormalResult(status=Status.UNSUPPORTED, method="", depth=0, why=found.why)
    bounded = found.depth > 0 and not found.steps
    status = Status.BOUNDED if bounded else Status.UNKNOWN
    return FormalResult(
        status=status, method="bmc" if bounded else "", depth=found.depth if bounded else 0, why=found.why
    )


_INCOMPARABLE = frozenset({"not synthesizable", "the ports differ", "ports that cannot be compared"})


def _replayed(judge: Judge, golden: str, candidate: str, top: str, found: Alike) -> FormalResult:
    """A difference counts when the simulator shows it too."""
    module = next(module for module in modules(golden) if module.name == top)
    reference = with_suffix(golden, "_golden")
    if not reference or not found.steps:
        return FormalResult(
            status=Status.UNKNOWN, method="", depth=0, why="a difference that cannot be replayed"
        )
    testbench = _testbench(module, found.steps) + reference
    verdict = judge.plain.check(Design(rtl=candidate, testbench=testbench))
    if verdict.outcome is not Outcome.MISMATCH:
        why = f"a difference that simulation does not show ({verdict.outcome})"
        return FormalResult(status=Status.UNKNOWN, method="", depth=0, why=why)
    return FormalResult(
        status=Status.FAIL, method="pdr", depth=found.depth, why=verdict.detail, counterexample=found.steps
    )


def _testbench(module: Module, steps: tuple[dict[str, int], ...]) -> str:
    """Drives both designs with *steps*, the clock before the other inputs, as `clk2fflogic` samples them."""
    inputs = [port for port in module.ports if port.direction == "input"]
    outputs = [port for port in module.ports if port.direction == "output"]
    clock = clock_of(module)
    fed = [f".{port.name}({port.name})" for port in inputs]
    sides = [
        f"  {module.name}{suffix} u_{side} ({', '.join([*fed, *(f'.{p.name}({side}_{p.name})' for p in outputs)])});"
        for side, suffix in (("gold", "_golden"), ("gate", ""))
    ]
    same = " || ".join(f"gold_{port.name} !== gate_{port.name}" for port in outputs)
    last = len(steps) - 1
    moves = [_move(step, clock, compare=number == last) for number, step in enumerate(steps)]
    return "\n".join(
        [
            '`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif',
            "module replay;",
            *(f"  reg {_range(port)}{port.name} = 0;" for port in inputs),
            *(f"  wire {_range(port)}{side}_{port.name};" for port in outputs for side in ("gold", "gate")),
            *sides,
            "  integer checks = 0, errors = 0;",
            f"  task compare; begin checks = checks + 1; if ({same}) errors = errors + 1; end endtask",
            "  initial begin",
            *moves,
            '    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);',
            "    $finish;\n  end\nendmodule\n",
        ]
    )


def _move(step: dict[str, int], clock: str, *, compare: bool) -> str:
    first = [f"{name} = {value};" for name, value in step.items() if name == clock]
    then = [f"{name} = {value};" for name, value in step.items() if name != clock]
    return " ".join(["   ", *first, "#1", *then, "#1", "compare;" if compare else ";"])


def _range(port: Port) -> str:
    return f"[{(port.width or 1) - 1}:0] "
