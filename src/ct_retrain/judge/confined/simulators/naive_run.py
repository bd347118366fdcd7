"""Runs a design as a suite's own script would, inside the worker; without precautions and without a verdict.

It shares only the sandbox and the limits with the judge.
"""

from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.confined.sandbox.process import Finished, Limit, run_limited
from ct_retrain.judge.confined.simulators import icarus_tools
from ct_retrain.judge.confined.simulators.answer import Answer, SimulatorTools


class Script(NamedTuple):
    """How a suite's own script calls the tools."""

    flags: tuple[str, ...]
    """Options of iverilog, in addition to `-g2012`."""
    together: bool
    """Both texts in one file, the testbench first; else two files, the design first."""
    stops: bool
    """`$stop` ends the simulation."""


class NaiveOutput(NamedTuple):
    """What the tools printed, and how they ended."""

    compiler: str
    simulator: str
    timeout: bool
    """One of the tools used up its processor time."""
    refused: bool
    """The compiler ended with an error."""


def as_script(rtl: str, testbench: str, script: Script, tools: SimulatorTools) -> Answer:
    """Return what the tools print, not a verdict: the compiler's output in *detail*, the simulator's in *log*.

    As in such scripts, the compiler's output is simulated even if it reported an error.
    """
    texts = {"design.v": f"{rtl}\n", "testbench.v": f"{testbench}\n"}
    if script.together:
        texts = {"testbench.v": f"{testbench}\n{rtl}\n"}
    for name, text in texts.items():
        Path(name).write_text(text, encoding="utf-8", errors="replace")
    compiler = [tools.icarus.iverilog, "-g2012", *script.flags, "-o", icarus_tools.COMPILED, *texts]
    compiled = run_limited(compiler, tools.limits, tools.hangup)
    if not Path(icarus_tools.COMPILED).exists():
        return _answer(compiled, None)
    quiet = ("-n",) if script.stops else ()
    simulator = [tools.icarus.vvp, *quiet, icarus_tools.COMPILED, "-none"]
    return _answer(compiled, run_limited(simulator, tools.limits, tools.hangup))


def _answer(compiled: Finished, ran: Finished | None) -> Answer:
    late = Limit.CPU in {compiled.limit, ran.limit if ran else None}
    refused = compiled.exit_code != 0
    outcome = Outcome.TIMEOUT if late else Outcome.COMPILE_ERROR if refused else Outcome.NO_EVIDENCE
    return Answer(outcome, compiled.output, log=ran.output if ran else "")
