"""Protocols of what lies outside; `adapters` and `judge` implement them, `compose` chooses."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from ct_retrain.core.record import Tool
from ct_retrain.core.records.notice import Beat, Notice
from ct_retrain.core.records.problem import Completion, Prompt, Sampling
from ct_retrain.core.records.readiness import Readiness
from ct_retrain.core.records.snapshot import Stored
from ct_retrain.core.records.tracked import Tracked, TrackerInput
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.core.records.verdict import Design, Verdict


class Simulator(Protocol):
    """Decides whether a design does what its testbench checks."""

    @property
    def tool(self) -> Tool:
        """Name and version of everything that can change a verdict."""
        ...

    def check(self, design: Design) -> Verdict:
        """Judge *design*; equal designs get equal verdicts. Raise ToolError if the judge itself fails."""
        ...


class Generator(Protocol):
    """A model that writes RTL."""

    @property
    def tool(self) -> Tool:
        """Name and version of everything that can change an answer, with the digest of the weights."""
        ...

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield samples `first` to `sampling.samples` − 1 of every prompt, each drawn from (seed, id, index)
        alone.

        The order is not defined; a caller that stops early loses only samples it has not taken.
        """
        ...


@runtime_checkable
class Rendering(Protocol):
    """A Generator that puts the question into its own words before the model reads it, by a chat template.

    A generator that sends the prompt's text unchanged need not implement this.
    """

    def reads(self, prompts: Sequence[Prompt]) -> str:
        """Return a digest of what the model reads for *prompts*, with today's date if the template contains
        it.
        """
        ...


class Generators(Protocol):
    """Loads the arms: mainline as it is, or with a nightly adapter."""

    def open(self, adapter: Path | None) -> Generator:
        """Load mainline, with *adapter* if given; raise ToolError if it does not load."""
        ...

    def close(self) -> None:
        """Release what `open` took: memory, or a server that was started. `open` may be called again.

        Generators opened before must not be used afterwards. Does not raise for failures of external tools.
        """
        ...


class Mainline(Protocol):
    """The model that every night starts from, examined without loading its weights."""

    def identity(self) -> str:
        """Return a digest of how the model is prompted, without today's date, for the keys of train and
        benchmark.
        """
        ...

    def examine(self, questions: Sequence[Prompt]) -> Readiness:
        """Report whether it can be trained and can answer *questions*, in the words of a night's errors."""
        ...


class Trainer(Protocol):
    """Trains one adapter."""

    @property
    def tool(self) -> Tool:
        """Name and version of libraries and device."""
        ...

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        """Train as *plan* says, and leave a PEFT adapter in `out/adapter`; write nowhere else.

        Called again on a directory in which it was interrupted, it continues from the last checkpoint.
        """
        ...


class Notifier(Protocol):
    """Sends notices to channels, each of which may fail alone; a failure never changes a night's outcome."""

    @property
    def channels(self) -> Mapping[str, str]:
        """Return channel → name to show, without secrets; raise UsageError if the addresses cannot be read."""
        ...

    def send(self, notice: Notice, channels: Collection[str]) -> Mapping[str, str]:
        """Send *notice* to *channels* within a time limit; return channel → reason for those that failed."""
        ...


class Heartbeat(Protocol):
    """A dead-man's switch: it alerts when no ping arrives, since a job that never ran cannot report that."""

    def ping(self, beat: Beat, words: str) -> None:
        """Report *beat*, with *words* for its log; raise ToolError if it is not received."""
        ...


class Tracker(Protocol):
    """Shows nights in a tool for comparing runs; a failure never changes a night's outcome."""

    @property
    def place(self) -> str:
        """Return what identifies the store, without secrets."""
        ...

    def follow(self, story: TrackerInput) -> Tracked:
        """Write the nights and aliases of *story*, replacing what was written before; raise ToolError on
        failure.
        """
        ...

    def rebuild(self, story: TrackerInput) -> Tracked:
        """Delete our own store and write *story*; on a server replace only the nights of *story*."""
        ...

    def holds(self) -> Tracked:
        """Return what the store holds."""
        ...


class Store(Protocol):
    """Stores objects off-site. It is not trusted: a caller that must be sure reads the objects back.

    Every method raises ToolError, saying what to do, if the store cannot be reached or refuses; an object
    that does not exist is None. Methods may be called from several threads.
    """

    @property
    def name(self) -> str:
        """Return the store's name, as receipts record it."""
        ...

    def put(self, key: str, source: BinaryIO, size: int, sha256: str) -> Stored:
        """Send the first *size* bytes of *source*; an interrupted upload is resumed if the store allows it."""
        ...

    def stat(self, key: str) -> Stored | None:
        """Return what the store says of the object that *key* names now."""
        ...

    def read(self, key: str, version: str = "") -> Iterator[bytes] | None:
        """Return the bytes under *key*, of *version* if one is given."""
        ...

    def list(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Yield every key that begins with *prefix*, and when its object was last written."""
        ...

    def tidy(self, before: datetime) -> None:
        """Delete the remains of unfinished uploads begun *before* that time."""
        ...
