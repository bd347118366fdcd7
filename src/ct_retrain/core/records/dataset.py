"""Harvested and trained data: traces, failed attempts and examples."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from ct_retrain.core.record import Record, Sha256, Tool
from ct_retrain.core.records.formal import FormalSignals
from ct_retrain.core.records.verdict import Outcome


class Artefact(Record):
    """A collected file, stored in the night's pack by its digest; *name* is the pipeline's name for it."""

    name: str
    sha256: Sha256
    size: int
    """Size in bytes."""


class Attempt(Record):
    """A simulation that failed before the same spec passed in the same run: the rejected side of a repair."""

    line: int
    """Line of the trace, from 1."""
    rtl: Artefact
    log: Artefact | None = None


class Trace(Record):
    """A passed simulation from a trace, with its files copied to the night's collect directory."""

    run_id: str
    line: int
    """Line of the trace, from 1."""
    generated_at: str
    """Time in UTC (ISO 8601); empty if the trace does not say."""
    spec_hash: str
    category: str | None
    """Category in the payload; empty if it names none."""
    source: str
    """Pipeline that wrote the trace; `pipeline` if it does not say."""
    generator: str
    """Model that wrote the RTL, from the payload; empty if it names none."""
    spec: Artefact
    rtl: Artefact
    testbench: Artefact
    compile_log: Artefact | None
    simulation_log: Artefact | None
    attempts: tuple[Attempt, ...] = ()
    rtl_files: tuple[Artefact, ...] = ()
    """Files that `rtl` was assembled from, if there are several."""
    testbench_files: tuple[Artefact, ...] = ()
    data_files: tuple[Artefact, ...] = ()
    """Data files that are read during simulation."""


class TestbenchScore(Record):
    """How many wrong designs the testbench of an example detects: a share between *low* and *high*.

    Holds only numbers and texts: an empty list or a null has no type, and a loader that infers the schema
    from thousands of them refuses the rows that follow.
    """

    asked: bool = False
    """Whether the testbench was tried; if not, nothing is known."""
    low: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of wrong designs that it detects, if all undecided mutants are wrong."""
    high: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of wrong designs that it detects, if no undecided mutant is wrong."""
    mutants: int = 0
    """Number of mutants tried, without those proved equivalent."""
    killed: int = 0
    """Number of mutants detected."""
    equivalent: int = 0
    """Number of mutants not detected and proved equivalent to the design."""
    different: int = 0
    """Number of mutants not detected and proved different from the design."""
    undecided: int = 0
    """Number of mutants not detected and undecided."""
    stubs_passed: str = ""
    """Stubs that pass (`0`, `1`, `x`, `z`, `echo`), separated by spaces."""
    operators: str = ""
    """Detected mutants by operator, such as `no statement 3/4, other number 5/5`."""


class ExampleMetadata(Record):
    """Metadata of an example; every record of a file has every key, so that loaders infer one schema."""

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
    """Name of the module that the testbench instantiates."""
    rtl_sha256: Sha256
    testbench_sha256: Sha256
    canonical: Sha256
    """Digest of the RTL without comments, spacing and inner names (`verilog.fingerprint`)."""
    checks: int
    """Comparisons that the testbench made in our simulation."""
    warnings: int
    """Compiler warnings in our simulation."""
    attempts: int
    """Failed attempts before the pass."""
    simulator: Tool
    outcome: Literal[Outcome.PASS] = Outcome.PASS
    credibility: TestbenchScore = TestbenchScore()
    """Score of the testbench, measured in the night that harvested the example."""
    formal: FormalSignals = FormalSignals()
    """Proofs beside the simulation, attempted in the night that harvested the example."""


class Example(Record):
    """One line of the dataset."""

    instruction: Annotated[str, Field(min_length=1)]
    output: Annotated[str, Field(min_length=1)]
    testbench: str
    metadata: ExampleMetadata


class Preference(Record):
    """A verified answer and a wrong one to the same question: a pair, or (its rejected side alone) a negative.

    The rejected side compiles and its simulation ends in a mismatch: what does not compile would teach syntax alone.
    """

    prompt: Annotated[str, Field(min_length=1)]
    chosen: Annotated[str, Field(min_length=1)]
    rejected: Annotated[str, Field(min_length=1)]
    origin: Literal["attempt", "mutant"]
    """Whether the pipeline's model wrote it, or an edit of the verified answer that its testbench notices."""
    operator: str = ""
    """How a mutant was made; empty for an attempt."""
    line: int = 0
    """Which line of the verified answer the edit is in, from 1; 0 for an attempt."""
    log: str
    """What its simulation said."""
    spec_hash: str
    canonical: Sha256
    """Of the chosen side: with the spec's hash it names the example."""
    night: str
    """The night that made the pair."""


class SourceFile(Record):
    """A file of the gold sets or the general data, and what was taken from it."""

    source: Literal["gold", "general"]
    name: str
    lines: int = 0
    """Number of non-empty lines or table rows."""
    taken: int = 0
    """Number of lines that may be trained on."""
    refused: dict[str, int] = Field(default={})
    """Reason → number of lines refused."""
    unread: str = ""
    """Why the file, or the rest of it, was not read: reason and detail; empty if it was read."""

    @property
    def summary(self) -> str:
        """A one-line summary: `gold/v4.jsonl: 3 of 4 lines taken, 1 refused (1 no_rtl)`."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.refused.items())
        refused = f", {self.lines - self.taken} refused ({reasons})" if reasons else ""
        lines = f"{self.taken} of {self.lines} lines taken{refused}" if self.lines or not self.unread else ""
        unread = f"not read: {self.unread}" if self.unread else ""
        return f"{self.source}/{self.name}: {'; '.join(filter(None, (lines, unread)))}"


def told_apart(files: Iterable[SourceFile], gold: str) -> Iterator[SourceFile]:
    """Yield those of *files* that the sentence *gold* on the gold set does not name."""
    return (one for one in files if f"{one.source}/{one.name}" not in gold)
