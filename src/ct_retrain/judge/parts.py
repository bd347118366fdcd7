"""What a judge can be asked beside whole verdicts, wherever its simulators run."""

from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.confined.simulators.naive_run import NaiveOutput, Script
from ct_retrain.judge.credibility import Credibility
from ct_retrain.judge.simulators.cached import Use


class Scripted(Protocol):
    """Runs Icarus Verilog as the scripts of others do, confined all the same."""

    @property
    def tool(self) -> Tool:
        """Of Icarus alone."""
        ...

    def naive(self, design: Design) -> str:
        """What the tools print when they are run as most scripts do."""
        ...

    def by_script(self, design: Design, script: Script) -> NaiveOutput:
        """What the tools print when *script* runs them."""
        ...


class Appraising(Protocol):
    """Says what a pass of a testbench is worth, and keeps account of the time."""

    @property
    def tool(self) -> Tool:
        """Everything that can change the answers."""
        ...

    @property
    def seconds(self) -> float:
        """Spent so far, all threads together."""
        ...

    def __call__(self, golden: Design, most: int) -> Credibility:
        """Try the testbench of *golden* on up to *most* mutants; raise ToolError when the judge is at fault."""
        ...


@runtime_checkable
class JudgeParts(Simulator, Protocol):
    """A Simulator with the parts that a Judge has; a Judge is one, and so is one whose work is done elsewhere."""

    @property
    def plain(self) -> Simulator:
        """Without the second opinion: what the testbench alone says."""
        ...

    @property
    def verilator(self) -> Simulator | None:
        """Alone, where it is installed and the settings allow it."""
        ...

    @property
    def icarus(self) -> Scripted:
        """For the rules of others."""
        ...

    @property
    def appraiser(self) -> Appraising:
        """Asks `plain`, and proofs about what it lets pass."""
        ...

    @property
    def cache_use(self) -> Use:
        """How often the answer was known."""
        ...

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Whether module *top* behaves alike in both texts; None where nobody can prove it."""
        ...

    def close(self) -> None:
        """Give back what was started."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
