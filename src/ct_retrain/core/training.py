"""What a trainer is asked to do and what it did."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ct_retrain.core.record import Record, Sha256


class Hyperparameters(Record):
    """QLoRA, as the field names its knobs; the defaults target a 7B model on one 24 GB GPU."""

    model_config = ConfigDict(strict=False, use_attribute_docstrings=True)
    """Lenient, for they are settings too and the environment knows only text."""

    epochs: Annotated[float, Field(gt=0)] = 1.0
    """Passes over tonight's rows."""
    max_steps: Annotated[int, Field(ge=0)] = 0
    """Optimizer steps; 0 lets `epochs` decide."""
    batch_size: Annotated[int, Field(ge=1)] = 1
    """Sequences a device and micro-step."""
    accumulation: Annotated[int, Field(ge=1)] = 16
    """Micro-steps an optimizer step."""
    learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    """Peak, after warm-up."""
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    """How it falls afterwards."""
    warmup_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """Share of the steps that warm up."""
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
    packing: bool = True
    """Pack sequences; only where the attention keeps documents apart (see `adapters.qlora`)."""
    quantization: Literal["nf4", "none"] = "nf4"
    """Of the frozen base: NF4 is QLoRA, none is plain LoRA."""
    dtype: Literal["bfloat16", "float32"] = "bfloat16"
    """Of computation."""
    gradient_checkpointing: bool = True
    """Trade time for memory."""
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


class TrainPlan(Record):
    """One training run: the base, the rows in `mixture`, and how."""

    base: str
    """Path or hub name of mainline; every night starts from it."""
    mixture: str
    """Absolute path of a JSONL file of Rows."""
    mixture_sha256: Sha256
    rows: int
    hyperparameters: Hyperparameters


class LossPoint(Record):
    """One logged step."""

    step: int
    loss: float
    learning_rate: float


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
