"""Input and result of a trainer."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ct_retrain.core.record import Record, Sha256
from ct_retrain.core.records.chat import ChatOptions

TOO_LONG = "too_long.jsonl"
"""Optional file beside the adapter: a Rejected for each row longer than `max_length`, with its place."""


class Hyperparameters(Record):
    """QLoRA hyperparameters; the defaults suit a 7B model on one 24 GB GPU."""

    model_config = ConfigDict(strict=False, use_attribute_docstrings=True)
    """Lenient, because these are settings too and environment variables are text."""

    passes: Annotated[float, Field(gt=0)] = 5.0
    """Passes over each harvested (delta) row; `train.shares` determines how often the others are read."""
    min_steps: Annotated[int, Field(ge=1)] = 60
    """Minimum optimizer steps; with few rows a step reads fewer of them, and rows are read more often."""
    step_limit: Annotated[int, Field(ge=1)] = 3000
    """Maximum optimizer steps; with many rows a step reads more of them, and rows are read less often."""
    epochs: Annotated[float, Field(ge=0)] = 0.0
    """Passes over the whole mixture, replacing `passes`, `min_steps` and `step_limit`; 0 is off."""
    max_steps: Annotated[int, Field(ge=0)] = 0
    """Exact number of optimizer steps, replacing all of the above; 0 is off."""
    batch_size: Annotated[int, Field(ge=0)] = 0
    """Sequences per device batch; 0 derives it from the longest row and `max_length`."""
    accumulation: Annotated[int, Field(ge=0)] = 0
    """Micro-batches per optimizer step; 0 derives it, see docs/explanation/recipe.md."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    """Peak learning rate, after warm-up."""
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    """Learning rate schedule after the peak."""
    warmup_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """Share of the steps that warm up, rounded to whole steps; the first step has a rate above 0."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """AdamW weight decay."""
    rank: Annotated[int, Field(ge=1)] = 16
    """Rank of the LoRA matrices."""
    alpha: Annotated[int, Field(ge=1)] = 32
    """LoRA scale; the update is multiplied by alpha / rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout on the LoRA input."""
    targets: str = "all-linear"
    """PEFT target modules: `all-linear` or names separated by commas."""
    max_length: Annotated[int, Field(ge=16)] = 4096
    """Maximum tokens of a row; longer rows are left out and counted, never cut."""
    packing: bool | Literal["auto"] = "auto"
    """Join short rows to sequences of `max_length` tokens: `auto` does on a GPU, where padding costs more; a
    model that mixes joined rows up is always padded.
    """
    quantization: Literal["nf4", "none"] = "nf4"
    """Quantization of the frozen base: `nf4` is QLoRA, `none` is plain LoRA."""
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    """Data type of computation; `auto` is bfloat16 on a GPU that supports it, else float32."""
    gradient_checkpointing: bool | Literal["auto"] = "auto"
    """Recompute activations instead of storing them; `auto` does once memory runs out."""
    preference_loss: Literal["dpo", "kto", "orpo"] = "dpo"
    """How the built-in trainer learns from the pairs of `train.preferences`, after the mixture: DPO or ORPO on
    pairs, or KTO on single answers.
    """
    preference_passes: Annotated[float, Field(gt=0)] = 1.0
    """Passes over the pairs."""
    preference_learning_rate: Annotated[float, Field(gt=0)] = 5e-6
    """Learning rate of this phase at its first step; it falls linearly to 0."""
    preference_beta: Annotated[float, Field(gt=0)] = 0.1
    """How strongly the answers are kept near those of the adapter that the mixture made; of ORPO, which has no
    such reference, the weight of the odds ratio.
    """
    preference_nll: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the verified answer's negative log-likelihood beside DPO's loss; 0 is plain DPO."""
    checkpoint_steps: Annotated[int, Field(ge=1)] = 50
    """Steps between checkpoints: a night that dies loses at most this many."""
    seed: int = 0
    """Seed of row order, initial weights and dropout."""


class Row(Record):
    """One line of the training mixture."""

    prompt: str
    completion: str
    source: str
    """Source: delta, repair, gold or general."""
    category: str = ""
    """Category of a harvested row; empty for others."""
    proven: bool = False
    """Whether the answer of a harvested row is proved, not only simulated (`metadata.formal.level`)."""
    credibility: Annotated[float, Field(repr=False)] = 0.0  # what a row is shuffled by is its repr
    """Share of mutants that its testbench surely notices (`metadata.credibility.low`); 0 where it was not asked."""
    licence: str = ""
    """Licence as the source states it; empty if it does not."""
    place: str = ""
    """File and line of origin (`gold/v4.jsonl:12`); empty for harvested rows."""


class Schedule(Record):
    """A training recipe in concrete numbers, derived by `core.rules.recipe` for one mixture."""

    steps: int
    """Number of optimizer steps."""
    batch_size: int
    """Sequences per micro-batch."""
    accumulation: int
    """Micro-batches per step."""
    sequences_a_step: int
    """batch_size × accumulation; a sequence is one row, or several if rows are packed."""
    pack_to: int
    """Tokens of a packed sequence; 0 if rows are padded."""
    readings: dict[str, int]
    """Source → number of rows read, repetitions counted."""
    passes: float
    """Average number of times that each harvested row is read."""
    epochs: float
    """Number of rows read divided by the lines of the mixture."""
    tokens: int
    """Tokens of all rows read, without padding."""
    tokens_a_step: int
    """Average tokens per step."""
    warmup_steps: int
    first_learning_rate: float
    """Learning rate of the first step; above 0."""
    rule: str
    """The rule that set the number of steps: `passes`, `min_steps`, `step_limit`, `epochs` or `max_steps`."""


class TrainPlan(Record):
    """One training run: the base model, the rows in `mixture`, and the hyperparameters."""

    base: str
    """Path or hub name of mainline."""
    mixture: str
    """Absolute path of a JSONL file of Rows."""
    mixture_sha256: Sha256
    rows: int
    hyperparameters: Hyperparameters
    forgotten: tuple[str, ...] = ()
    """Categories whose harvested rows are read once more than the others."""
    schedule: Schedule | None = None
    """The recipe in numbers for external trainers, with three characters counted as a token."""
    preferences: str = ""
    """Absolute path of a JSONL file of Preferences, for trainers that learn from wrong answers too; empty if
    none are wanted.
    """
    preferences_sha256: Sha256 | None = None
    chat: ChatOptions = ChatOptions()
    """How prompt and completion of a row become a chat."""


class Outlook(Record):
    """Estimate of a training before it starts."""

    schedule: Schedule
    counted: Literal["tokenizer", "characters"]
    """Whether tokens were counted with mainline's tokenizer, or estimated as three characters each."""
    device: str = ""
    """Device; empty if there is no estimate."""
    parameters: int = 0
    """Parameters of mainline; 0 if it is not on this machine."""
    seconds: float | None = None
    """Estimated seconds, within a factor of about three; None if there is no estimate."""
    memory: int | None = None
    """Estimated bytes of device memory, within a factor of about two; None if there is no estimate."""
    basis: str
    """Basis of the estimates, or why there are none."""


class LossPoint(Record):
    """One logged training step."""

    step: int
    loss: float
    learning_rate: float
    gradient_norm: float | None = None
    """Gradient norm; None if the trainer does not report it."""


class PreferenceFit(Record):
    """Result of the second phase, in which the trainer learns from wrong answers."""

    loss: Literal["dpo", "kto", "orpo"]
    pairs: int
    skipped: int
    """Number of pairs longer than `max_length`."""
    tokens: int = 0
    """Number of tokens trained on, without padding: of a pair, its question with either answer."""
    steps: int
    seconds: float
    losses: tuple[LossPoint, ...]
    accuracy: float | None = None
    """Share of the pairs of the last step whose verified answer has gained on the wrong one, or under ORPO is
    likelier a token; None under KTO.
    """


class Fit(Record):
    """Result of a training; the adapter is in `adapter/` beside it."""

    steps: int
    epochs: float
    examples: int
    """Number of rows trained on."""
    skipped: int
    """Number of rows longer than `max_length`."""
    tokens: int
    """Number of tokens trained on, without padding."""
    seconds: float
    peak_memory: int
    """Peak device memory in bytes; 0 if unknown."""
    device: str
    losses: tuple[LossPoint, ...]
    versions: dict[str, str]
    """Package → version."""
    schedule: Schedule | None = None
    """The schedule that was run; None if the trainer does not report it."""
    preference: PreferenceFit | None = None
    """The phase after the mixture that learns from wrong answers; None if there was none."""

    @property
    def all_tokens(self) -> int:
        """Number of tokens trained on in both phases."""
        return self.tokens + (self.preference.tokens if self.preference else 0)
