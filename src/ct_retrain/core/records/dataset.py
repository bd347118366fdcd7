"""What is harvested and what is trained on: traces, failed attempts and examples."""

from typing import Annotated, Literal

from pydantic import Field

from ct_retrain.core.record import Record, Sha256, Tool
from ct_retrain.core.records.verdict import Outcome


class Artefact(Record):
    """One collected file, kept in the night's pack by its digest; *name* is what the pipeline called it."""

    name: str
    sha256: Sha256
    size: int
    """Bytes."""


class Attempt(Record):
    """A simulation that failed before the same spec passed in the same run: the bad side of a repair."""

    line: int
    """Line of the trace, from 1."""
    rtl: Artefact
    log: Artefact | None = None


class Trace(Record):
    """A simulation-passed entry of somebody's trace, with its artefacts safe in the night's collect directory."""

    run_id: str
    line: int
    """Line of the trace, from 1."""
    generated_at: str
    """ISO 8601 in UTC; empty when the trace does not say."""
    spec_hash: str
    category: str | None
    """As the payload says, if it does."""
    source: str
    """Which pipeline wrote the trace; `pipeline` when it does not say."""
    generator: str
    """Which model wrote the RTL, as the payload says; empty when it does not."""
    spec: Artefact
    rtl: Artefact
    testbench: Artefact
    compile_log: Artefact | None
    simulation_log: Artefact | None
    attempts: tuple[Attempt, ...] = ()
    rtl_files: tuple[Artefact, ...] = ()
    """The files that `rtl` was put together from, where they are several."""
    testbench_files: tuple[Artefact, ...] = ()
    data_files: tuple[Artefact, ...] = ()
    """What is read while it runs."""


class TestbenchScore(Record):
    """What the testbench of an example is worth, as far as it was asked: a share between *low* and *high*.

    Numbers and words only: an empty list or a null has no type of its own, and a loader that meets thousands of
    them first refuses what follows.
    """

    asked: bool = False
    """Otherwise nothing is known."""
    low: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the wrong designs that it notices, if all of which nobody can tell are wrong."""
    high: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The same if none of them is."""
    mutants: int = 0
    """Nearly right designs that were tried, without those proved to be right."""
    killed: int = 0
    """Noticed."""
    equivalent: int = 0
    """Not noticed, and proved to be right."""
    different: int = 0
    """Not noticed, and proved to be wrong."""
    undecided: int = 0
    """Not noticed, and nobody can tell."""
    stubs_passed: str = ""
    """Designs that do nothing and pass (`0`, `1`, `x`, `z`, `echo`), with spaces between."""
    operators: str = ""
    """How mutants were made, and how many of those were noticed: `no statement 3/4, other number 5/5`."""


class ExampleMetadata(Record):
    """The draft's facts first, ours after; every record of a file has every key, so that loaders agree."""

    source: str
    spec_hash: str
    category: str
    sim_passed: Literal[True]
    compile_success: Literal[True]
    run_id: str
    generated_at: str
    kind: Literal["generate", "repair"] = "generate"
    night: str
    """The night that harvested it."""
    generator: str
    top: str
    """Name of the module the testbench instantiates."""
    rtl_sha256: Sha256
    testbench_sha256: Sha256
    canonical: Sha256
    """Digest of the RTL without comments, spacing and inner names (`verilog.fingerprint`)."""
    checks: int
    """Comparisons the testbench made when we ran it again."""
    warnings: int
    """Compiler warnings in that run."""
    attempts: int
    """Failed tries before the pass."""
    simulator: Tool
    outcome: Literal[Outcome.PASS] = Outcome.PASS
    credibility: TestbenchScore = TestbenchScore()
    """Of the testbench, measured in the night that harvested it."""


class Example(Record):
    """One line of the dataset, in the draft's form."""

    instruction: Annotated[str, Field(min_length=1)]
    output: Annotated[str, Field(min_length=1)]
    testbench: str
    metadata: ExampleMetadata


class SourceFile(Record):
    """One file of the gold sets or of the general data, and what became of its lines."""

    source: Literal["gold", "general"]
    name: str
    lines: int = 0
    """Lines, or rows of a table, that hold something."""
    taken: int = 0
    """Those that may be trained on."""
    refused: dict[str, int] = Field(default={})
    """Reason → lines that may not."""
    unread: str = ""
    """Why the file, or the rest of it, was not read: reason and detail; empty when it was."""

    @property
    def summary(self) -> str:
        """What became of it, on one line for people: `gold/v4.jsonl: 3 of 4 lines taken, 1 refused (1 no_rtl)`."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.refused.items())
        refused = f", {self.lines - self.taken} refused ({reasons})" if reasons else ""
        lines = f"{self.taken} of {self.lines} lines taken{refused}" if self.lines or not self.unread else ""
        unread = f"not read: {self.unread}" if self.unread else ""
        return f"{self.source}/{self.name}: {'; '.join(filter(None, (lines, unread)))}"
