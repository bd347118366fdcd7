"""Types of a simulation in the worker: the tools, a prepared testbench, and the answer about a design."""

from typing import NamedTuple

from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.confined.simulators.icarus_tools import IcarusInstallation
from ct_retrain.judge.evidence.experiment import Held
from ct_retrain.judge.evidence.harness import Harness
from ct_retrain.judge.reading.shown import AnnotatedLine
from ct_retrain.verilog.stub import Level


class SimulatorTools(NamedTuple):
    """The tools and limits to judge with."""

    icarus: IcarusInstallation
    direct: bool
    """Call ivl directly instead of the driver iverilog."""
    limits: Limits
    parser_seconds: int
    log_chars: int
    hangup: int | None
    without: str = ""
    """Layer to leave out (`judge.layers`), to measure what it contributes."""
    explain: bool = False
    """Explain how each line of the transcript was read."""


class Answer(NamedTuple):
    """A verdict as the worker sends it, with what is needed to test a pass further."""

    outcome: Outcome
    detail: str
    checks: int = 0
    errors: int = 0
    warnings: int = 0
    log: str = ""
    stubs: tuple[tuple[Level, str], ...] = ()
    """Designs that do nothing, at each level, which this testbench must fail before its pass is believed."""
    partly: tuple[tuple[str, str], ...] = ()
    """For a design of several wanted modules: name of an idle part, and the design with it idle; it must not pass."""
    gave_up: bool = False
    """The simulator could not read or not finish the design; another one may."""
    quiet: bool = False
    """The testbench passed, and prints only failures."""
    loose: bool = False
    """The testbench compares outputs in a way that unknown bits can pass."""
    draws: bool = False
    """The testbench draws random numbers."""
    held: tuple[Held, ...] = ()
    """What to show the design for its data inputs; none without a clock, for then it cannot replay stored answers."""
    ended: str = ""
    """Simulation time at the end, as a number and its unit; "" if unknown."""
    cpu_seconds: float = 0.0
    """Processor time of the simulation."""
    shown: tuple[AnnotatedLine, ...] = ()
    """The lines of the transcript, and how each was read."""


class Bench(NamedTuple):
    """A preprocessed testbench, with `BLANK` and `NAME_BLANK` where the nonce goes."""

    made: Harness
    flat: str
    units: str
    """Its last `timescale, which a design without one shares."""
    packages: tuple[str, ...] = ()
    """Packages that it imports from and that the design may define."""
