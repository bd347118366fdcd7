"""What a trainer is asked to do and what it did."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ct_retrain.core.record import Record, Sha256
from ct_retrain.core.records.chat import ChatOptions

TOO_LONG = "too_long.jsonl"
"""What a trainer may leave beside the adapter: a Rejected for each row longer than `max_length`, by its place."""


class Hyperparameters(Record):
    """QLoRA, as the field names its knobs; the defaults target a 7B model on one 24 GB GPU."""

    model_config = ConfigDict(strict=False, use_attribute_docstrings=True)
    """Lenient, for they are settings too and the environment knows only text."""

    passes: Annotated[float, Field(gt=0)] = 5.0
    """Times that training reads each harvested row (delta); how often it reads the others follows from `train.shares`."""
    min_steps: Annotated[int, Field(ge=1)] = 60
    """Fewest optimizer steps; where the rows are few, a step reads fewer of them, and rows are read more often."""
    step_limit: Annotated[int, Field(ge=1)] = 3000
    """Most optimizer steps; where the rows are many, a step reads more of them, and rows are read less often."""
    epochs: Annotated[float, Field(ge=0)] = 0.0
    """Passes over the whole mixture, in place of `passes`, `min_steps` and `step_limit`; 0 leaves it to them."""
    max_steps: Annotated[int, Field(ge=0)] = 0
    """Exactly so many optimizer steps, in place of all of the above; 0 leaves it to them."""
    batch_size: Annotated[int, Field(ge=0)] = 0
    """Sequences that the device holds at once; 0 derives it from the longest row and `max_length`."""
    accumulation: Annotated[int, Field(ge=0)] = 0
    """Micro-batches of an optimizer step; 0 derives it, see docs/explanation/recipe.md."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    """Peak, after warm-up."""
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    """How it falls afterwards."""
    warmup_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """Share of the steps that warm up, in whole steps; the first step already learns."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Of AdamW."""
    rank: Annotated[int, Field(ge=1)] = 16
    """Of the LoRA matrices."""
    alpha: Annotated[int, Field(ge=1)] = 32
    """LoRA scale; the update is multiplied by alpha / rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """On the LoRA input."""
    targets: str = "all-linear"
    """PEFT target modules: `all-linear` or names separated by commas."""
    max_length: Annotated[int, Field(ge=16)] = 4096
    """Tokens; longer examples are left out and counted, never cut."""
    packing: bool | Literal["auto"] = "auto"
    """Join short rows into one sequence of `max_length` tokens: `auto` does on a GPU, where padding costs more, and not on a CPU, where packing runs at half speed; a model that mixes joined rows up is always padded."""
    quantization: Literal["nf4", "none"] = "nf4"
    """Of the frozen base: NF4 is QLoRA, none is plain LoRA."""
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    """Of computation; `auto` is bfloat16 on a GPU that has it and float32 elsewhere."""
    gradient_checkpointing: bool | Literal["auto"] = "auto"
    """Compute activations twice instead of keeping them: `auto` starts without, and goes on with it once memory runs out."""
    checkpoint_steps: Annotated[int, Field(ge=1)] = 50
    """A night that dies loses at most this many steps."""
    seed: int = 0
    """Of row order, initial weights and dropout."""


class Row(Record):
    """One line of the mixture: what a trainer reads."""

    prompt: str
    completion: str
    source: str
    """delta, repair, gold or general."""
    category: str = ""
    """Of a harvested row; others have none."""
    licence: str = ""
    """As the line it comes from names it; empty when it does not."""
    place: str = ""
    """File and line that it comes from (`gold/v4.jsonl:12`); empty for harvested rows."""


class Schedule(Record):
    """A recipe in concrete numbers, for one mixture; `core.rules.recipe` derives it."""

    steps: int
    """Optimizer steps."""
    batch_size: int
    """Sequences of a micro-batch."""
    accumulation: int
    """Micro-batches of a step."""
    sequences_a_step: int
    """batch_size × accumulation; a sequence is a row, or several of them where rows are packed."""
    pack_to: int
    """Tokens of a packed sequence; 0 where rows are padded."""
    readings: dict[str, int]
    """Source → rows read in all, repetitions counted."""
    passes: float
    """Times that each harvested row is read, on average."""
    epochs: float
    """Readings, divided by the lines of the mixture."""
    tokens: int
    """Of all readings, padding not counted."""
    tokens_a_step: int
    """On average."""
    warmup_steps: int
    first_learning_rate: float
    """At the first step; above 0."""
    rule: str
    """What set the number of steps: `passes`, `min_steps`, `step_limit`, `epochs` or `max_steps`."""


class TrainPlan(Record):
    """One training run: the base, the rows in `mixture`, and how."""

    base: str
    """Path or hub name of mainline; every night starts from it."""
    mixture: str
    """Absolute path of a JSONL file of Rows."""
    mixture_sha256: Sha256
    rows: int
    hyperparameters: Hyperparameters
    forgotten: tuple[str, ...] = ()
    """Categories whose harvested rows are read once more than the others."""
    schedule: Schedule | None = None
    """For a trainer of somebody else's: the recipe in numbers, a token taken as three characters."""
    chat: ChatOptions = ChatOptions()
    """How a row's prompt and completion become a chat."""


class Outlook(Record):
    """What a training would take, told before it starts."""

    schedule: Schedule
    counted: Literal["tokenizer", "characters"]
    """Whether tokens were counted by mainline's tokenizer, or taken as three characters each."""
    device: str = ""
    """Empty where there is no estimate."""
    parameters: int = 0
    """Of mainline; 0 where it is not on this machine."""
    seconds: float | None = None
    """Estimate of the time, good to a factor of about three; None where there is none."""
    memory: int | None = None
    """Estimate of the bytes on the device, good to a factor of about two; None where there is none."""
    basis: str
    """What the estimates rest on, or why there are none."""


class LossPoint(Record):
    """One logged step."""

    step: int
    loss: float
    learning_rate: float
    gradient_norm: float | None = None
    """None where the trainer does not tell it."""


class Fit(Record):
    """What training did; the adapter itself lies in `adapter/` beside it."""

    steps: int
    epochs: float
    examples: int
    """Rows that were trained on."""
    skipped: int
    """Rows longer than `max_length`."""
    tokens: int
    """Tokens seen, padding not counted."""
    seconds: float
    peak_memory: int
    """Bytes on the device, 0 where it cannot be told."""
    device: str
    losses: tuple[LossPoint, ...]
    versions: dict[str, str]
    """Package → version."""
    schedule: Schedule | None = None
    """What was asked of the optimizer; None where the trainer does not tell it."""
