"""Records of a night: its plan, the stages' manifests, and the final NightRecord."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints

from ct_retrain.core.record import FileRef, Record, RelativePath, Sha256, Tool
from ct_retrain.core.records.arm import ArmId, RecipeName, Role, of_arm
from ct_retrain.core.records.certificate import Certificate
from ct_retrain.core.records.dataset import SourceFile
from ct_retrain.core.records.decision import Decision
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.records.recipe import RecipeEvidence
from ct_retrain.core.records.training import Fit, Hyperparameters
from ct_retrain.core.stage import StageName

NightId = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}(\.\d+)?$")]
"""Date in the workspace's time zone; further nights of the same date end in `.2` and on."""


def night_order(night: str) -> tuple[str, int]:
    """Return the sort key of a night id: the date, then the number after the dot as a number."""
    date, _, number = night.partition(".")
    return date, int(number or 1)


class NightOutcome(StrEnum):
    """How a night ended; `EXIT_CODES` gives the exit code of each."""

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
    """Inputs fixed when the night starts, so that a resumed night uses the same ones."""

    night: NightId
    started: AwareDatetime
    """Start time, and the cut-off: trace entries written later belong to the next night."""
    previous: NightId | None
    """The last finished night, whose dataset and ledger this one continues."""
    champion: str | None
    """Release that `latest_nightly` pointed at, by directory name."""
    again: bool = False
    """Whether it trains although nothing is new, because a person asked for that."""


class CollectFacts(Record):
    """Counts of one scan."""

    kind: Literal["collect"] = "collect"
    runs: int
    """Number of run directories found."""
    read: int
    """Number of trace files with new content."""
    lines: int
    collected: int
    """Number of passed simulations copied tonight."""
    passing: int = 0
    """Number of new entries marked as passed, taken or not."""
    rejected: dict[str, int]
    """Reason → number refused, or noted (`rewritten`, `replaced`, `vanished`)."""
    pending: int
    """Number of files whose last line is incomplete; the next night reads it."""
    bytes_copied: int

    @property
    def untaken(self) -> str:
        """That every simulation marked as passed was refused, and why; empty if that is not so."""
        if self.collected or not self.passing:
            return ""
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.rejected.items())
        return f"0 of {self.passing} simulations that look passed were taken ({reasons})"


class CurateFacts(Record):
    """Counts from traces to examples."""

    kind: Literal["curate"] = "curate"
    traces: int
    carried: int
    """Examples taken over from the previous night's dataset."""
    new: int
    """Examples that the previous dataset did not have."""
    examples: int
    repairs: int
    preferences: int = 0
    """Pairs of a verified and a wrong answer."""
    rejected: dict[str, int]
    categories: dict[str, int]
    dataset_sha256: Sha256
    transcripts: dict[str, int] = Field(default={})
    """Tonight's transcripts against those of the traces that passed: `same`, `other_words`, `not_reproduced`.
    """
    unasked: int = 0
    """New examples whose testbench was not tried, because `curate.credibility_minutes` were used up."""
    formal: dict[str, int] = Field(default={})
    """Of the new examples, how many are `proven`, `bounded` or `simulated`; `counterexamples` and `no_budget` among them."""

    @property
    def assured(self) -> str:
        """What was proved of the new examples, in words; "" where nothing was."""
        known = [f"{self.formal[name]} {name}" for name in ("proven", "bounded") if name in self.formal]
        if "counterexamples" in self.formal:
            known.append(f"{self.formal['counterexamples']} with a counterexample that simulation shows")
        if "no_budget" in self.formal:
            known.append(f"{self.formal['no_budget']} not asked, for curate.formal_seconds were used up")
        return f"proofs: {', '.join(known)}" if known else ""

    @property
    def untried(self) -> str:
        """A sentence on how many testbenches were not tried for lack of time; "" if all were tried."""
        if not self.unasked:
            return ""
        return f"{self.unasked} testbenches not tried, because curate.credibility_minutes were used up"


class ChallengerFacts(Record):
    """How the training of one challenger went."""

    name: RecipeName
    recipe: Sha256
    """Digest of all settings that decide what it learns, but the seed."""
    differs: dict[str, str]
    """Settings below `train` in which it differs from the night's own: dotted name → value."""
    failed: str = ""
    """Why there is no adapter; empty if there is one."""
    seconds: float = 0.0
    """Duration of the training; 0 if it failed."""
    tokens: int = 0
    """Tokens read in training; 0 if it failed, or the trainer does not tell."""
    loss: float | None = None
    """Loss of the last step; None if unknown."""


class TrainFacts(Record):
    """What was trained, on which data, and how it went."""

    kind: Literal["train"] = "train"
    base: str
    hyperparameters: Hyperparameters
    shares: dict[str, float]
    """Source (delta, repair, gold, general) → share of the trained rows."""
    rows: dict[str, int]
    preferences: int = 0
    """Pairs of a verified and a wrong answer that the trainer was handed beside the rows."""
    licences: dict[str, dict[str, int]] = Field(default={})
    """Source → licence → rows, as the data states it; `unknown` where it does not."""
    files: tuple[SourceFile, ...] = ()
    """Counts for each file of gold sets and general data."""
    gold: str = ""
    """A sentence on the gold set; empty in manifests of earlier versions."""
    held: str = ""
    """Why nothing was trained, and what to do; empty if an adapter was trained."""
    certificate: Certificate | None = None
    """What the rows were compared with; None in nights of earlier versions."""
    fit: Fit
    trainer: Tool
    recipe: Sha256 | None = None
    """Digest of all settings that decided what was learned, but the seed; None where there were no challengers."""
    challengers: tuple[ChallengerFacts, ...] = ()
    """Trainings by other recipes; their files are in `challengers/NAME/` beside `adapter/`."""
    waiting: dict[RecipeName, str] = Field(default={})
    """Challengers that were not trained tonight, each with the reason."""

    @property
    def challenged(self) -> str:
        """What became of the challengers in training, in words; "" where there were none."""
        trained = [f"{one.name} trained" for one in self.challengers if not one.failed]
        failed = [f"{one.name} failed: {one.failed}" for one in self.challengers if one.failed]
        waits = [f"{name} waits: {why}" for name, why in self.waiting.items()]
        return "; ".join([*trained, *failed, *waits])


class BenchmarkFacts(Record):
    """The arms' scorecards and the decision based on them."""

    kind: Literal["benchmark"] = "benchmark"
    scorecards: tuple[Scorecard, ...]
    quarantined: tuple[str, ...]
    """Problems left out for every arm, because their golden failed its testbench tonight."""
    forgotten: tuple[str, ...] = ()
    """Problems that an earlier release solved and the arm that was decided on does not."""
    decision: Decision

    @property
    def decided(self) -> Scorecard | None:
        """Scorecard of the arm that was decided on; None if it was never measured."""
        return of_arm(self.scorecards, self.decision.arm)


class Canary(Record):
    """The answers that the published copy gave before `latest_nightly` was moved."""

    asked: tuple[str, ...]
    """Problems in the order in which they were asked."""
    outcomes: tuple[str, ...]
    """Outcome of each answer."""
    compiles: bool
    """Whether one of the answers compiles; no more are asked after it."""


class PublishFacts(Record):
    """Where `latest_nightly` points after the night."""

    kind: Literal["publish"] = "publish"
    release: str | None
    """Directory name of tonight's release; None if no answer of its canary compiles."""
    archive: str | None
    latest: str | None
    canary: Canary | None = None


Facts = Annotated[
    CollectFacts | CurateFacts | TrainFacts | BenchmarkFacts | PublishFacts, Field(discriminator="kind")
]


class Effort(Record):
    """Work of the judge in a stage, and energy; it differs from run to run, and is in no digest."""

    known: int
    """Number of verdicts from the cache."""
    simulated: int
    """Number of verdicts simulated, including mutants and second opinions."""
    seconds: float
    """Seconds spent on scoring testbenches, summed over all workers."""
    joules: float | None = None
    """Energy that the visible GPUs used; None if there is none, or it does not tell."""

    def since(self, earlier: "Effort") -> "Effort":
        """Return this effort minus *earlier*."""
        unknown = self.joules is None or earlier.joules is None
        return Effort(
            known=self.known - earlier.known,
            simulated=self.simulated - earlier.simulated,
            seconds=round(self.seconds - earlier.seconds, 3),
            joules=None if unknown else round((self.joules or 0) - (earlier.joules or 0), 3),
        )


class Manifest(Record):
    """Written last by a stage: if it exists, the stage is done and its files are on disk."""

    version: Literal[1] = 1
    stage: StageName
    night: NightId
    key: Sha256
    """Digest of all inputs of the stage: data, its settings, its tools."""
    started: AwareDatetime
    finished: AwareDatetime
    effort: Effort | None = None
    """Work of the judge in the run that finished the stage."""
    files: tuple[FileRef, ...]
    facts: Facts


class ManifestRef(Record):
    """A stage's manifest as the NightRecord names it."""

    stage: StageName
    path: RelativePath
    """Path relative to the workspace."""
    sha256: Sha256
    seconds: float
    effort: Effort | None = None


class Provenance(Record):
    """What is needed to reproduce the system."""

    version: str
    """Version of ct-retrain."""
    commit: str
    """Git commit of ct-retrain's source; empty outside a checkout."""
    dirty: bool
    python: str
    platform: str
    host: str
    packages: dict[str, str]
    tools: tuple[Tool, ...]
    settings: dict[str, JsonValue]
    """Dotted name → value, with secrets masked; in records of earlier versions every value is text."""


class AutoRollback(Record):
    """An automatic rollback: a night found the served release worse than mainline and moved `latest_nightly`."""

    source: str
    """The release that was served."""
    target: str | None
    """The release that is served instead; None is mainline."""
    why: str


class NightRecord(Record):
    """Everything a night did; written last: if it exists, the night is over."""

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
    """Target of `latest_nightly` after the night."""
    relapse: AutoRollback | None = None
    """The automatic rollback, if there was one."""
    recipes: tuple[RecipeEvidence, ...] = ()
    """Evidence of all nights until this one on challengers against its default recipe; empty if it had none."""
    provenance: Provenance

    @property
    def arm(self) -> ArmId:
        """The arm that was decided on: the candidate, unless a challenger was promoted."""
        return self.decision.arm if self.decision else Role.CANDIDATE.value

    @property
    def exit_code(self) -> int:
        """Exit code of `ct-retrain run`."""
        return EXIT_CODES[self.outcome]


class Move(Record):
    """One move of `latest_nightly`: a line of history.jsonl."""

    at: AwareDatetime
    night: NightId | None
    source: str | None
    """The release it pointed at before."""
    target: str | None
    why: str
    who: Literal["night", "rollback", "promote", "relapse"]
    """A night that published, a person who rolled back or forced, or a night that rolled back."""
    decision: Literal["promote", "hold", "reject"] | None = None
    """Decision of the night whose adapter was published; None if the target was published before."""


class Release(Record):
    """`release.json` of a release directory: its origin and its files."""

    version: Literal[1] = 1
    night: NightId
    base: str
    decision: Decision
    forced: str = ""
    """A person's reason for publishing against the decision; empty if the decision was Promote."""
    metrics: dict[str, float]
    dataset_sha256: Sha256
    files: tuple[FileRef, ...]
