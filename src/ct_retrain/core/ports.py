"""What we need of the outside world, as Protocols; `adapters` and `judge` provide them, `compose` chooses."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from ct_retrain.core.notice import Notice
from ct_retrain.core.problem import Completion, Prompt, Sampling
from ct_retrain.core.record import Tool
from ct_retrain.core.training import Fit, TrainPlan
from ct_retrain.core.verdict import Design, Verdict


class Simulator(Protocol):
    """Says whether a design does what its testbench says."""

    @property
    def tool(self) -> Tool:
        """Everything that can change a verdict."""
        ...

    def check(self, design: Design) -> Verdict:
        """Judge *design*; the same design gives the same verdict. Raise ToolError when the judge is at fault."""
        ...


class Generator(Protocol):
    """A model that writes RTL."""

    @property
    def tool(self) -> Tool:
        """Everything that can change an answer, the weights' digest included."""
        ...

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield samples `first` to `sampling.samples` − 1 of every prompt, each drawn from (seed, id, index) alone.

        The order is free; a caller that stops early loses only what it did not take.
        """
        ...


class Generators(Protocol):
    """Opens the arms: mainline as it is, or with a nightly adapter on top."""

    def open(self, adapter: Path | None) -> Generator:
        """Load mainline, with *adapter* if given; raise ToolError when it does not load."""
        ...


class Trainer(Protocol):
    """Trains one adapter."""

    @property
    def tool(self) -> Tool:
        """Libraries and device."""
        ...

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        """Train as *plan* says and leave a PEFT adapter in `out/adapter`; write nowhere else.

        Called again on a directory it was interrupted in, it continues from its last checkpoint.
        """
        ...


class Notifier(Protocol):
    """Tells the team; its failure never changes the outcome."""

    def send(self, notice: Notice) -> None:
        """Deliver *notice* or raise ToolError."""
        ...
