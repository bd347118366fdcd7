"""Drives a design with the inputs of a counterexample, step by step, as the prover's clocks sample them."""

from typing import NamedTuple

from ct_retrain.judge.confined.formal.equivalence import clock_of
from ct_retrain.verilog.modules import Module

Steps = tuple[dict[str, int], ...]


class Scene(NamedTuple):
    """What stands between the inputs and the verdict."""

    wiring: str
    """Declarations and instances."""
    each: str
    """A statement for the end of every step."""
    wrong: str
    """An expression: whether the end of the last step shows what was foretold."""


def testbench(module: Module, steps: Steps, scene: Scene) -> str:
    """A testbench in the house's style, whose one check fails where *scene* shows the failure.

    The clock moves before the other inputs, which are unknown until the first step, so that every process sees them.
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
