"""What a simulation in the worker needs and gives: the tools, a testbench made ready, and the answer about a design."""

from typing import NamedTuple

from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.confined.simulators.icarus_tools import IcarusInstallation
from ct_retrain.judge.evidence.harness import Harness
from ct_retrain.judge.reading.shown import Shown
from ct_retrain.verilog.stub import Level


class SimulatorTools(NamedTuple):
    """How to judge."""

    icarus: IcarusInstallation
    direct: bool
    """Call ivl itself, not the driver."""
    limits: Limits
    parser_seconds: int
    log_chars: int
    hangup: int | None
    without: str = ""
    """A layer that is left out (`judge.layers`), to see what the others are worth."""
    explain: bool = False
    """Say how each line of the transcript was read."""


class Answer(NamedTuple):
    """A verdict as it crosses the pipe."""

    outcome: Outcome
    detail: str
    checks: int = 0
    errors: int = 0
    warnings: int = 0
    log: str = ""
    stubs: tuple[tuple[Level, str], ...] = ()
    """Designs that do nothing, which this testbench must fail before its pass is believed."""
    partly: tuple[tuple[str, str], ...] = ()
    """Of a design with several wanted modules: what does nothing, and the design so, which must not pass either."""
    gave_up: bool = False
    """The simulator could not read or not finish it; another one may."""
    quiet: bool = False
    """A pass of a testbench that only speaks of failures."""
    loose: bool = False
    """The testbench looks at outputs in a way that unknown bits can slip through."""
    draws: bool = False
    """The testbench draws random numbers."""
    held: bool = False
    """The design has a clock, and inputs that are neither clock nor reset: it could recite its answers."""
    ended: str = ""
    """When the simulation ended, as a number and its unit; "" where nobody said."""
    cpu_seconds: float = 0.0
    """Processor time of the simulation."""
    shown: tuple[Shown, ...] = ()
    """The transcript, as it was understood."""


class Bench(NamedTuple):
    """A testbench, flattened, with `BLANK` and `NAME_BLANK` where the nonce goes."""

    made: Harness
    flat: str
    units: str
    """Its last `timescale, which a design without one shares."""
    packages: tuple[str, ...] = ()
    """Those that it takes names from and the design may bring."""
