"""What we need of the outside world, as Protocols; `adapters` and `judge` provide them, `compose` chooses."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from ct_retrain.core.record import Tool
from ct_retrain.core.records.notice import Beat, Notice
from ct_retrain.core.records.problem import Completion, Prompt, Sampling
from ct_retrain.core.records.readiness import Readiness
from ct_retrain.core.records.snapshot import Stored
from ct_retrain.core.records.tracked import Story, Tracked
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.core.records.verdict import Design, Verdict


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


@runtime_checkable
class Rendering(Protocol):
    """A Generator that puts a question into words of its own before its model reads it: a chat template.

    One that sends the text of a prompt as it is, to a server or a table, need not be one.
    """

    def reads(self, prompts: Sequence[Prompt]) -> str:
        """Digest of what the model really reads when it is asked *prompts*, today's date included where it is told."""
        ...


class Generators(Protocol):
    """Opens the arms: mainline as it is, or with a nightly adapter on top."""

    def open(self, adapter: Path | None) -> Generator:
        """Load mainline, with *adapter* if given; raise ToolError when it does not load."""
        ...

    def close(self) -> None:
        """Give back what `open` took: memory, a server that was started. `open` may be called again afterwards.

        Generators that were opened before must not be used after it. Never raises for what is outside us.
        """
        ...


class Mainline(Protocol):
    """The model that every night starts from, looked at without loading it."""

    def identity(self) -> str:
        """Digest of everything that says how it is asked, but today's date: part of the keys of train and benchmark."""
        ...

    def examine(self, questions: Sequence[Prompt]) -> Readiness:
        """Whether it can be trained, and asked *questions*; the words are those with which a night would end."""
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
    """Tells the team, through channels of which each is reached or not; its failure never changes the outcome."""

    @property
    def channels(self) -> Mapping[str, str]:
        """Channel → what messages call it, without a secret in either; raise UsageError where they cannot be read."""
        ...

    def send(self, notice: Notice, channels: Collection[str]) -> Mapping[str, str]:
        """Deliver *notice* to *channels* within a time limit; return channel → why, for those not reached."""
        ...


class Heartbeat(Protocol):
    """A dead-man's switch, which alerts when it hears nothing: a job that never ran cannot tell so itself."""

    def ping(self, beat: Beat, words: str) -> None:
        """Report *beat*, with *words* for its log; raise ToolError where nobody listens."""
        ...


class Tracker(Protocol):
    """Shows nights to people who compare runs; never the truth, and its failure never changes the outcome."""

    @property
    def place(self) -> str:
        """What tells this store from another; without secrets."""
        ...

    def follow(self, story: Story) -> Tracked:
        """Write the nights and aliases of *story*, each in place of what was told before; raise ToolError."""
        ...

    def rebuild(self, story: Story) -> Tracked:
        """The same for all nights there are, from nothing where the store is ours."""
        ...

    def holds(self) -> Tracked:
        """What is there."""
        ...


class Store(Protocol):
    """Keeps objects off-site. It is not believed: whoever needs to be sure reads them back.

    Every method raises ToolError, saying what to do, when the store cannot be reached or refuses; an object that is
    not there is None. Methods may be called from several threads.
    """

    @property
    def name(self) -> str:
        """Which store it is, as receipts name it."""
        ...

    def put(self, key: str, source: BinaryIO, size: int, sha256: str) -> Stored:
        """Send the first *size* bytes of *source*; what an interrupted call sent is not sent again where it can be."""
        ...

    def stat(self, key: str) -> Stored | None:
        """What the store says of the object that *key* names now."""
        ...

    def read(self, key: str, version: str = "") -> Iterator[bytes] | None:
        """The bytes under *key*, of that version if one is named."""
        ...

    def list(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Every key that begins with *prefix*, with when its object was last written."""
        ...

    def tidy(self, before: datetime) -> None:
        """Drop what uploads that were begun *before* and never ended have left."""
        ...
