"""What an experiment leaves on record: what it froze, what each arm cost and scored, and what can be said of them."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from ct_retrain.core.record import Record, Sha256
from ct_retrain.core.records.night import NightId

CONTROL = "control"
"""Name of the arm that the others are compared with."""

ArmName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
Answer = Literal["better", "worse", "cannot_tell"]


class Round(Record):
    """One statement of the experiment: whoever changes it after a look at results opens another."""

    definition: Sha256
    """Of arms, suites, seeds and settings, as they were then."""
    seeds: int
    """Trainings an arm."""


class ExperimentPlan(Record):
    """Frozen when the experiment starts; rounds are added when it is continued under another definition."""

    version: Literal[1] = 1
    name: str
    started: AwareDatetime
    night: NightId
    """Whose examples are trained on."""
    curated: Sha256
    """Digest of what curate made that night."""
    forgotten: tuple[str, ...]
    """Categories that `train.refresh_forgotten` prefers, as that night knew them."""
    rounds: tuple[Round, ...]


class ArmDifference(Record):
    """One arm minus the control on one suite; all intervals of an experiment hold at once."""

    arm: ArmName
    suite: str
    difference: float
    """Of pass@1, the mean over problems and trainings."""
    low: float
    high: float
    answer: Answer
    seeds: int
    """Trainings of the arm that it rests on."""
    seeds_needed: int | None
    """Trainings of the arm, and of the control, that would show a difference of `detect`; None where none would."""
    training_sd: float
    """Standard deviation of the arm's score from one training to the next."""


class ArmScore(Record):
    """What the trainings of one arm reached on one suite."""

    arm: ArmName
    suite: str
    scores: tuple[float, ...]
    """pass@1 of each training."""
    mainline: float
    """The same of the model that all of them started from."""
    gained: float
    """Arm minus mainline on the problems that mainline misses (fewer than half of its answers pass)."""
    lost: float
    """Mainline minus arm on the others: what training forgot."""


class ArmCost(Record):
    """What an arm took, all its trainings together."""

    arm: ArmName
    train_seconds: float
    measure_seconds: float
    """Answers that were drawn before are not drawn again, and cost nothing."""
    trained_tokens: int
    """Read in training, padding not counted; 0 where the trainer does not tell."""
    answer_tokens: int
    joules: float | None = None
    """Energy of the GPUs in training and measuring, without parts that were interrupted; None where it is unknown."""


class TrialRow(Record):
    """One training of one arm: what a tracker shows."""

    arm: ArmName
    seed: int
    """Of `train.hyperparameters`."""
    started: AwareDatetime
    finished: AwareDatetime
    scores: dict[str, float]
    """Suite → pass@1."""
    loss: float | None
    adapter_sha256: Sha256


class ArmEnd(Record):
    """An arm that did not run to its end, and why."""

    arm: ArmName
    kind: Literal["stopped", "failed"]
    seeds: int
    """Trainings that were measured."""
    reason: str


class SuiteFacts(Record):
    """What one suite contributed."""

    suite: str
    digest: Sha256
    problems: int
    clusters: int
    """Groups of problems that are one piece of evidence each."""
    quarantined: int


class ExperimentResult(Record):
    """The answer of an experiment, as far as it has run."""

    version: Literal[1] = 1
    name: str
    question: str
    night: NightId
    curated: Sha256
    base: str
    """The control's mainline."""
    complete: bool
    """Whether all trainings are measured; until then the answers are those of an early look."""
    seeds: int
    """Trainings an arm that were asked for."""
    confidence: float
    """Of all intervals together, at this look."""
    alpha: float
    """Chance that any interval of any look misses; what this look may use of it is 1 − confidence."""
    detect: float
    recipes: dict[ArmName, dict[str, str]]
    """Arm → the settings below `train` in which it differs from the workspace's."""
    suites: tuple[SuiteFacts, ...]
    differences: tuple[ArmDifference, ...]
    scores: tuple[ArmScore, ...]
    costs: tuple[ArmCost, ...]
    ended: tuple[ArmEnd, ...]
    trials: tuple[TrialRow, ...]
    finished: AwareDatetime = Field(description="When the last part ended.")
