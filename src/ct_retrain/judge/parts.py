"""Protocols of a judge's parts, which are the same for a local judge and for a cluster."""

from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.confined.simulators.naive_run import NaiveOutput, Script
from ct_retrain.judge.credibility import Credibility
from ct_retrain.judge.simulators.cached import Use


class NaiveScripts(Protocol):
    """Runs Icarus Verilog as other projects' scripts do, but in the sandbox."""

    @property
    def tool(self) -> Tool:
        """Tool of Icarus alone."""
        ...

    def naive(self, design: Design) -> str:
        """Return what the tools print when run as most scripts run them."""
        ...

    def by_script(self, design: Design, script: Script) -> NaiveOutput:
        """Return what the tools print when run as *script* says."""
        ...


class TimedAppraiser(Protocol):
    """Scores testbenches, and sums the time spent."""

    @property
    def tool(self) -> Tool:
        """Everything that can change the answers."""
        ...

    @property
    def seconds(self) -> float:
        """Seconds spent so far, summed over threads."""
        ...

    def __call__(self, golden: Design, most: int) -> Credibility:
        """Score the testbench of *golden* on up to *most* mutants; raise ToolError if the judge fails."""
        ...


@runtime_checkable
class JudgeParts(Simulator, Protocol):
    """A Simulator with the parts of a Judge; implemented by Judge and by ClusterJudge."""

    @property
    def plain(self) -> Simulator:
        """The judge without the second opinion: the testbench's verdict alone."""
        ...

    @property
    def verilator(self) -> Simulator | None:
        """Verilator alone, if installed and allowed by the settings."""
        ...

    @property
    def icarus(self) -> NaiveScripts:
        """Icarus, for the scoring rules of other projects."""
        ...

    @property
    def appraiser(self) -> TimedAppraiser:
        """Scores testbenches with `plain`, and with proofs about surviving mutants."""
        ...

    @property
    def cache_use(self) -> Use:
        """Number of cached and simulated answers."""
        ...

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Return whether module *top* behaves alike in both texts; None if there is no proof."""
        ...

    def close(self) -> None:
        """Release workers, connections and files."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
