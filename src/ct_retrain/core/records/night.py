"""What a night leaves on record: manifests, the plan it froze at the start, and the NightRecord that ends it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints

from ct_retrain.core.record import FileRef, Record, RelativePath, Sha256, Tool
from ct_retrain.core.records.certificate import Certificate
from ct_retrain.core.records.dataset import SourceFile
from ct_retrain.core.records.decision import Decision
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.records.training import Fit, Hyperparameters
from ct_retrain.core.stage import StageName

NightId = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}(\.\d+)?$")]
"""A date in the workspace's zone; `.2` and on for further nights of the same date."""


def night_order(night: str) -> tuple[str, int]:
    """Sort key of night ids: the date, then the number behind the dot as a number."""
    date, _, number = night.partition(".")
    return date, int(number or 1)


class NightOutcome(StrEnum):
    """How a night ended; each has its exit code in `EXIT_CODES`."""

    PUBLISHED = "published"
    NOTHING_NEW = "nothing_new"
    HELD = "held"
    REJECTED = "rejected"


EXIT_CODES = {
    NightOutcome.PUBLISHED: 0,
    NightOutcome.NOTHING_NEW: 0,
    NightOutcome.REJECTED: 3,
    NightOutcome.HELD: 6,
}


class NightPlan(Record):
    """Frozen when the night starts, so that a resumed night is the same night."""

    night: NightId
    started: AwareDatetime
    """Also the cut-off: what is written to a trace later belongs to the next night."""
    previous: NightId | None
    """The last night that ended, whose dataset and ledger this one continues."""
    champion: str | None
    """Release that `latest_nightly` pointed at, by directory name."""


class CollectFacts(Record):
    """Counts of one scan."""

    kind: Literal["collect"] = "collect"
    runs: int
    """Run directories seen."""
    read: int
    """Trace files with something new in them."""
    lines: int
    collected: int
    """Passed simulations copied tonight."""
    passing: int = 0
    """New entries that look like passed simulations, whether they could be taken or not."""
    rejected: dict[str, int]
    """Reason → what was refused, or noted (`rewritten`, `replaced`, `vanished`)."""
    pending: int
    """Files whose last line is still being written; the next night reads it."""
    bytes_copied: int

    @property
    def untaken(self) -> str:
        """That none of the simulations that look passed could be taken, and why; empty where one was, or there is none."""
        if self.collected or not self.passing:
            return ""
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.rejected.items())
        return f"0 of {self.passing} simulations that look passed were taken ({reasons})"


class CurateFacts(Record):
    """From traces to examples."""

    kind: Literal["curate"] = "curate"
    traces: int
    carried: int
    """Examples taken over from the previous night's dataset."""
    new: int
    """Examples that the previous dataset did not have."""
    examples: int
    repairs: int
    rejected: dict[str, int]
    categories: dict[str, int]
    dataset_sha256: Sha256
    transcripts: dict[str, int] = Field(default={})
    """How tonight's transcripts compare with those of the traces that passed: `same`, `other_words`, `not_reproduced`."""
    unasked: int = 0
    """New examples whose testbench was not tried, because `curate.credibility_minutes` were used up."""

    @property
    def untried(self) -> str:
        """How many testbenches there was no time for, in words; "" where all were tried."""
        if not self.unasked:
            return ""
        return f"{self.unasked} testbenches not tried, for curate.credibility_minutes were used up"


class TrainFacts(Record):
    """What was trained, on what, and how it went."""

    kind: Literal["train"] = "train"
    base: str
    hyperparameters: Hyperparameters
    shares: dict[str, float]
    """Source (delta, repair, gold, general) → share of the rows trained on."""
    rows: dict[str, int]
    licences: dict[str, dict[str, int]] = Field(default={})
    """Source → licence → rows, as the data itself names it; what it does not name is `unknown`."""
    files: tuple[SourceFile, ...] = ()
    """What was found of gold sets and general data, file by file."""
    gold: str = ""
    """What became of the gold set, in a sentence; empty in manifests of before it was told."""
    held: str = ""
    """Why nothing was trained, and what to do; empty where an adapter was."""
    certificate: Certificate | None = None
    """What the rows were compared with; None in nights before there was one."""
    fit: Fit
    trainer: Tool


class BenchmarkFacts(Record):
    """The arms' scorecards and the decision they led to."""

    kind: Literal["benchmark"] = "benchmark"
    scorecards: tuple[Scorecard, ...]
    quarantined: tuple[str, ...]
    """Problems left out for every arm, because their golden fails its testbench tonight."""
    forgotten: tuple[str, ...] = ()
    """Problems that some release before solved and tonight's adapter does not."""
    decision: Decision


class Canary(Record):
    """What the published copy wrote before anybody was pointed at it."""

    asked: tuple[str, ...]
    """Problems in the order they were asked."""
    outcomes: tuple[str, ...]
    """How the answer to each of them ended."""
    compiles: bool
    """Whether one of the answers is a design that compiles; asking stops there."""


class PublishFacts(Record):
    """Where `latest_nightly` points after the night."""

    kind: Literal["publish"] = "publish"
    release: str | None
    """Directory name of tonight's release; None where its canary wrote nothing that compiles."""
    archive: str | None
    latest: str | None
    canary: Canary | None = None


Facts = Annotated[
    CollectFacts | CurateFacts | TrainFacts | BenchmarkFacts | PublishFacts, Field(discriminator="kind")
]


class Effort(Record):
    """What a stage's judging took; like the clocks it differs from run to run, and is in no digest."""

    known: int
    """Verdicts that were remembered."""
    simulated: int
    """Verdicts that were not, among them those on mutants and second opinions."""
    seconds: float
    """Spent on what testbenches are worth, all workers together."""

    def since(self, earlier: "Effort") -> "Effort":
        """What came on top of *earlier*."""
        return Effort(
            known=self.known - earlier.known,
            simulated=self.simulated - earlier.simulated,
            seconds=round(self.seconds - earlier.seconds, 3),
        )


class Manifest(Record):
    """What a stage writes last: its existence means the stage is done and its files are durable."""

    version: Literal[1] = 1
    stage: StageName
    night: NightId
    key: Sha256
    """Digest of everything the stage was made from: inputs, its settings, its tools."""
    started: AwareDatetime
    finished: AwareDatetime
    effort: Effort | None = None
    """Of the judge, in the run that finished the stage."""
    files: tuple[FileRef, ...]
    facts: Facts


class ManifestRef(Record):
    """A stage as the NightRecord names it."""

    stage: StageName
    path: RelativePath
    """Relative to the workspace."""
    sha256: Sha256
    seconds: float
    effort: Effort | None = None


class Provenance(Record):
    """Enough to build the same system again."""

    version: str
    """Of ct-retrain."""
    commit: str
    """Git commit of our source, empty outside a checkout."""
    dirty: bool
    python: str
    platform: str
    host: str
    packages: dict[str, str]
    tools: tuple[Tool, ...]
    settings: dict[str, JsonValue]
    """Dotted name → value, secrets masked; in records of earlier versions every value is a text."""


class Relapse(Record):
    """The release that was served turned out worse than mainline, and the night moved the pointer back by itself."""

    source: str
    """Release that was served."""
    target: str | None
    """Release that is served instead; None is mainline."""
    why: str


class NightRecord(Record):
    """Everything a night did; written last, so its existence means the night is over."""

    version: Literal[1] = 1
    night: NightId
    outcome: NightOutcome
    reason: str
    """The decision's explanation, or why there was nothing to do."""
    started: AwareDatetime
    finished: AwareDatetime
    stages: tuple[ManifestRef, ...]
    hyperparameters: Hyperparameters | None
    metrics: dict[str, float]
    """Flat figures for tables and trackers: `candidate.functional`, `candidate.fsm`, `train.loss` …"""
    decision: Decision | None
    adapter: str | None
    """Path of the trained adapter, relative to the workspace."""
    release: str | None
    latest: str | None
    """What `latest_nightly` points at after the night."""
    relapse: Relapse | None = None
    """What the night moved back from, if it did."""
    provenance: Provenance

    @property
    def exit_code(self) -> int:
        """What `ct-retrain run` exits with."""
        return EXIT_CODES[self.outcome]


class Move(Record):
    """One move of `latest_nightly`, a line of history.jsonl."""

    at: AwareDatetime
    night: NightId | None
    source: str | None
    """Release it pointed at before."""
    target: str | None
    why: str
    who: Literal["night", "rollback", "promote", "relapse"]
    """A night that published, a person who went back or forced, or a night that went back by itself."""
    decision: Literal["promote", "hold", "reject"] | None = None
    """Of the night whose adapter was published; None where the pointer moved to what was there."""


class Release(Record):
    """`release.json` of a published directory: what it is and what it holds."""

    version: Literal[1] = 1
    night: NightId
    base: str
    decision: Decision
    forced: str = ""
    """Why a person published it against the decision; empty where the decision did."""
    metrics: dict[str, float]
    dataset_sha256: Sha256
    files: tuple[FileRef, ...]
