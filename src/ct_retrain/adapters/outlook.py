"""Estimate a training before it starts: steps and tokens, time and memory.

Steps and tokens are exact if mainline's tokenizer is on this machine. Time and memory are rough: time from
the number of floating-point operations and one matrix product timed here, memory from the model's shape. Not
covered: other load on the machine, writing checkpoints, external trainers.
"""

import time
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.adapters import _machine, _mixture, _modelling
from ct_retrain.core.errors import CorruptStateError, CtRetrainError, UsageError
from ct_retrain.core.records.training import (
    Hyperparameters,
    Outlook,
    Schedule,
    TrainPlan,
)
from ct_retrain.core.rules import recipe

_REACHED = {"cpu": 0.5, "cuda": 0.3}
"""Share of a matrix product's speed that training reaches."""
_PER_MICRO_BATCH = {"cpu": 0.02, "cuda": 0.1}
"""Seconds per micro-batch that do not depend on its size."""
_PROCESS = {"cpu": 800 << 20, "cuda": 1 << 30}
"""Bytes used by the libraries before any model."""
_NF4 = 0.56
"""Bytes per quantised weight, including its share of the scales."""
_OPTIMIZER = 16
"""Bytes per LoRA weight: itself, its gradient and two moments, in float32."""


class _Shape(NamedTuple):
    """The sizes that determine memory."""

    parameters: int
    hidden: int
    inner: int
    layers: int
    vocabulary: int


def unestimated(plan: TrainPlan, basis: str = "train.command trains, and nothing is known of it") -> Outlook:
    """Return the schedule of *plan* with tokens estimated from characters, and no estimates, for *basis*."""
    if plan.schedule is None:
        raise CorruptStateError("the plan has no schedule: redo the train stage")
    return Outlook(schedule=plan.schedule, counted="characters", basis=basis)


def outlook(plan: TrainPlan, devices: int = 1) -> Outlook:
    """Estimate what the built-in trainer needs for *plan* on *devices* here; no weights are loaded.

    What they lose by waiting for each other is not estimated.
    """
    try:
        with _modelling.quietly(download=False):
            directory = _modelling.base_directory(plan.base, download=False)
            tokens = _mixture.tokenised(plan, _modelling.load_tokenizer(directory))
            shape = _shape(directory)
    except CtRetrainError as error:
        return unestimated(plan, str(error))
    knobs = _machine.decided(plan.hyperparameters)
    device = "cuda" if _modelling.library("torch").cuda.is_available() else "cpu"
    amounts = tokens.amounts(packed=bool(knobs.packing))
    try:
        planned = recipe.training_schedule(knobs, amounts, devices)
    except UsageError as error:
        return unestimated(plan, str(error))
    speed = _speed(knobs, device)
    operations = planned.tokens * shape.parameters * (6 if knobs.gradient_checkpointing else 4)
    idle = planned.steps * planned.accumulation * _PER_MICRO_BATCH[device]
    return Outlook(
        schedule=planned,
        counted="tokenizer",
        device=_machine.several(_machine.device_name(), devices),
        parameters=shape.parameters,
        seconds=(operations / (speed * _REACHED[device]) + idle) / devices,
        memory=_memory(knobs, planned, shape, amounts.longest) + _PROCESS[device],
        basis=(
            f"rough, from {shape.parameters / 1e6:,.3g} million parameters, {planned.tokens:,} tokens, and a matrix "
            f"product that reached {speed / 1e9:,.3g} GFLOP/s here"
            + ("; learning from wrong answers comes on top" if plan.preferences else "")
        ),
    )


def _shape(directory: Path) -> _Shape:
    count = _modelling.parameters(directory)
    text: Any = _modelling.kind_of(directory).get_text_config()
    hidden = int(text.hidden_size)
    inner = int(getattr(text, "intermediate_size", None) or 4 * hidden)
    return _Shape(count, hidden, inner, int(text.num_hidden_layers), int(text.vocab_size))


def _speed(knobs: Hyperparameters, device: str) -> float:
    """Return the floating-point operations per second of one matrix product in the data type of *knobs*."""
    torch = _modelling.library("torch")
    side, times = (4096, 10) if device == "cuda" else (768, 4)
    left = torch.ones((side, side), dtype=getattr(torch, knobs.dtype), device=device)
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        for _ in range(times):
            torch.matmul(left, left)
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return float(times * 2 * side**3 / best)


def _memory(knobs: Hyperparameters, planned: Schedule, shape: _Shape, longest: int) -> int:
    width = 2 if knobs.dtype == "bfloat16" else 4
    embedding = shape.vocabulary * shape.hidden
    linear = max(0, shape.parameters - embedding)
    weights = linear * (_NF4 if knobs.quantization == "nf4" else width) + embedding * width
    lora = knobs.rank * shape.layers * (11 * shape.hidden + 3 * shape.inner) * _OPTIMIZER
    tokens = planned.batch_size * (planned.pack_to or longest)
    layer = tokens * (16 * shape.hidden + 6 * shape.inner) * width
    kept = shape.layers * tokens * shape.hidden * width
    activations = kept + layer if knobs.gradient_checkpointing else shape.layers * layer
    logits = tokens * shape.vocabulary * (width + 8)
    return round(weights + lora + activations + logits)
