"""Writes a testbench that drives a design with the inputs of a counterexample, step by step with the prover's clock."""

from typing import NamedTuple

from ct_retrain.judge.confined.formal.equivalence import clock_of
from ct_retrain.verilog.modules import Module

Steps = tuple[dict[str, int], ...]


class ReplayedFailure(NamedTuple):
    """Verilog between the inputs and the verdict."""

    wiring: str
    """Declarations and instances."""
    each: str
    """A statement to run at the end of every step."""
    wrong: str
    """An expression that is true if the end of the last step shows the predicted failure."""


def replay_testbench(module: Module, steps: Steps, scene: ReplayedFailure) -> str:
    """Return a testbench with a `CT_VERDICT` line, whose only check fails if *scene* shows the failure.

    In each step the clock changes before the other inputs, and inputs are unknown until the first step, so that every
    process sees a change.
    """
    inputs = [port for port in module.ports if port.direction == "input"]
    clock = clock_of(module)
    begins = {clock: f" = {steps[0].get(clock, 0)}"} if clock else {}
    moves = [_move(step, clock) + scene.each for step in steps]
    return "\n".join(
        [
            '`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif',
            "module ct_replay;",
            *(f"  reg {port.dimension}{port.name}{begins.get(port.name, '')};" for port in inputs),
            scene.wiring,
            "  integer ct_errors = 0;",
            "  initial begin",
            *moves,
            f"    if ({scene.wrong}) ct_errors = 1;",
            '    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, 1, ct_errors);',
            "    $finish;\n  end\nendmodule\n",
        ]
    )


def _move(step: dict[str, int], clock: str) -> str:
    first = [f"{name} = {value};" for name, value in step.items() if name == clock]
    then = [f"{name} = {value};" for name, value in step.items() if name != clock]
    return " ".join(["   ", *first, "#1", *then, "#1 "])
