"""Turn hyperparameters and the rows of a mixture into a schedule of optimizer steps.

- Equal rows and hyperparameters give equal schedules.
- Unless `epochs` or `max_steps` is set, a schedule has at least `min_steps` and at most `step_limit` steps.
- The learning rate of every step is above 0.

The reasons are in docs/explanation/recipe.md.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.training import Hyperparameters, Row, Schedule

CHARACTERS_A_TOKEN = 3
"""Characters per token of RTL and English without a tokenizer; models need 3 to 4, so this overestimates."""
HARVESTED = "delta"
"""The source whose passes the recipe counts."""


class StepLimits(NamedTuple):
    """Upper limits on what one optimizer step reads."""

    rows: int
    tokens: int


USUAL = StepLimits(16, 8192)
"""Axolotl's Qwen2 recipe has 8,192 tokens a step; LoRA suffers more from large batches than full fine-tuning.
"""
LARGEST = StepLimits(31, 16384)
"""Used when `step_limit` binds; TRL's guide to LoRA asks for fewer than 32 rows a step."""


class DataAmounts(NamedTuple):
    """The amount of training data."""

    lines: Mapping[str, int]
    """Source → lines of the mixture, repetitions counted."""
    distinct: Mapping[str, int]
    """Source → distinct rows."""
    tokens: Mapping[str, int]
    """Source → tokens of its distinct rows."""
    longest: int
    """Tokens of the longest row."""
    extra: int = 0
    """Number of harvested rows that are read once more than the others."""
    packed: bool = False
    """Whether several rows share a sequence."""


def amounts_of(rows: Iterable[Row], tokens_of: Callable[[Row], int]) -> DataAmounts:
    """Count *rows*; equal rows of one source are one row that the mixture repeats."""
    lines: Counter[str] = Counter()
    distinct: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    longest = 0
    for (source, _, _), (row, copies) in repetitions(rows).items():
        length = tokens_of(row)
        lines[source] += copies
        distinct[source] += 1
        tokens[source] += length
        longest = max(longest, length)
    return DataAmounts(dict(lines), dict(distinct), dict(tokens), longest)


def repetitions(rows: Iterable[Row]) -> dict[tuple[str, str, str], tuple[Row, int]]:
    """Return (source, prompt, completion) → the row and its number of lines, in order of first occurrence."""
    found: dict[tuple[str, str, str], tuple[Row, int]] = {}
    for row in rows:
        key = (row.source, row.prompt, row.completion)
        first, copies = found.get(key, (row, 0))
        found[key] = (first, copies + 1)
    return found


def by_characters(row: Row) -> int:
    """Estimate the tokens of *row* without a tokenizer."""
    return (len(row.prompt) + len(row.completion)) // CHARACTERS_A_TOKEN + 1


def training_schedule(knobs: Hyperparameters, amounts: DataAmounts, devices: int = 1) -> Schedule:
    """The steps in which *amounts*, of at least one row, are read as *knobs* ask.

    With packed rows the number of sequences is known only later, see `packed`. The accumulation is a multiple
    of *devices*, each of which takes as many micro-batches of a step; raise UsageError if it is set to none.
    """
    if knobs.accumulation % devices:
        raise UsageError(
            f"train.hyperparameters.accumulation is {knobs.accumulation} and train.devices {devices}, and each device "
            "takes as many micro-batches of a step: set accumulation to a multiple of devices, or to 0"
        )
    wanted = _wanted(knobs, amounts)
    mean = _tokens(wanted, amounts) / sum(wanted.values())
    total, rows, rule = _steps(knobs, amounts, sum(wanted.values()), mean)
    if amounts.packed:
        steps = knobs.max_steps or math.ceil(total / rows)
        sequences = _fixed(knobs) or _multiple(knobs, rows * mean / knobs.max_length, devices)
        pack_to = min(knobs.max_length, max(amounts.longest, int(rows * mean / sequences)))
        batch, accumulation = _split(knobs, sequences, 1, devices)
    else:
        batch, accumulation = _split(knobs, int(rows), max(1, knobs.max_length // amounts.longest), devices)
        if total > knobs.step_limit * batch * accumulation:
            batch = _fuller(knobs, batch, accumulation, rows, _span(knobs, amounts, mean, LARGEST)[1])
        total, pack_to = _whole(knobs, total, batch * accumulation), 0
        steps = knobs.max_steps or math.ceil(total / (batch * accumulation))
    readings = wanted if total == sum(wanted.values()) else allot(math.ceil(total), wanted)
    warmup = _warmup(knobs, steps)
    return Schedule(
        steps=steps,
        batch_size=batch,
        accumulation=accumulation,
        sequences_a_step=batch * accumulation,
        pack_to=pack_to,
        readings=readings,
        passes=_passes(readings, amounts),
        epochs=sum(readings.values()) / sum(amounts.lines.values()),
        tokens=round(_tokens(readings, amounts)),
        tokens_a_step=round(_tokens(readings, amounts) / steps),
        warmup_steps=warmup,
        first_learning_rate=knobs.learning_rate / (warmup + 1),
        rule=rule,
    )


def packed_schedule(
    knobs: Hyperparameters, planned: Schedule, count: int, devices: int = 1
) -> Schedule | None:
    """Return *planned* for the *count* sequences that the rows were packed into; None if there are too few."""
    fixed = _fixed(knobs)
    sequences = fixed or _multiple(knobs, max(1, count // planned.steps), devices)
    bounded = not (knobs.epochs or knobs.max_steps or fixed)
    if bounded and math.ceil(count / sequences) > knobs.step_limit:
        sequences = _multiple(knobs, math.ceil(count / knobs.step_limit), devices)
    steps = knobs.max_steps or math.ceil(count / sequences)
    least = knobs.max_steps or (1 if knobs.epochs else min(knobs.min_steps, knobs.step_limit))
    if count < steps * sequences - sequences + 1 or steps < least:
        return None
    batch, accumulation = _split(knobs, sequences, 1, devices)
    warmup = _warmup(knobs, steps)
    return planned.model_copy(
        update={
            "steps": steps,
            "batch_size": batch,
            "accumulation": accumulation,
            "sequences_a_step": batch * accumulation,
            "tokens_a_step": round(planned.tokens / steps),
            "warmup_steps": warmup,
            "first_learning_rate": knobs.learning_rate / (warmup + 1),
        }
    )


def concrete(knobs: Hyperparameters, planned: Schedule) -> Hyperparameters:
    """Return *knobs* with every derived number filled in, for trainers without the recipe."""
    return knobs.model_copy(
        update={
            "epochs": knobs.epochs or planned.epochs,
            "batch_size": planned.batch_size,
            "accumulation": planned.accumulation,
        }
    )


def rate(knobs: Hyperparameters, planned: Schedule, step: int) -> float:
    """Return the learning rate of *step* (from 0) as a share of the peak."""
    warmup = planned.warmup_steps
    if step < warmup:
        return (step + 1) / (warmup + 1)
    gone = (step - warmup) / max(1, planned.steps - warmup)
    match knobs.schedule:
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * min(1.0, gone)))
        case "linear":
            return max(0.0, 1 - gone)
        case "constant_with_warmup":
            return 1.0


def allot(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Split *total* by *weights*, which are not all 0; the largest remainders are rounded up."""
    whole = sum(weights.values())
    exact = {name: total * weight / whole for name, weight in weights.items()}
    given = {name: int(value) for name, value in exact.items()}
    order = sorted(exact, key=lambda name: (given[name] - exact[name], name))
    for name in order[: total - sum(given.values())]:
        given[name] += 1
    return given


def _wanted(knobs: Hyperparameters, amounts: DataAmounts) -> dict[str, int]:
    """Return readings by source as `epochs` or `passes` ask, before limits on steps."""
    lines = sum(amounts.lines.values())
    if knobs.epochs:
        return allot(math.ceil(knobs.epochs * lines), amounts.lines)
    harvested = amounts.lines.get(HARVESTED, 0)
    if not harvested:
        return allot(math.ceil(knobs.passes * lines), amounts.lines)
    own = math.ceil(knobs.passes * amounts.distinct[HARVESTED]) + amounts.extra
    epochs = knobs.passes * amounts.distinct[HARVESTED] / harvested
    others = {name: max(1, round(epochs * count)) for name, count in amounts.lines.items()}
    return {**others, HARVESTED: own}


def _steps(
    knobs: Hyperparameters, amounts: DataAmounts, total: float, mean: float
) -> tuple[float, float, str]:
    """Return total readings, readings per step, and the rule that decided; *mean* is tokens per reading."""
    least, usual = _span(knobs, amounts, mean, USUAL)
    _, largest = _span(knobs, amounts, mean, LARGEST)
    if knobs.max_steps:
        rows = min(largest, max(least, total / knobs.max_steps))
        return knobs.max_steps * rows, rows, "max_steps"
    rows = min(usual, max(least, total / knobs.min_steps))
    if knobs.epochs:
        return total, rows, "epochs"
    rule = "min_steps" if rows < usual else "passes"
    total = max(total, knobs.min_steps * least)
    if total / rows > knobs.step_limit:
        rows, rule = min(largest, max(least, total / knobs.step_limit)), "step_limit"
        total = min(total, knobs.step_limit * rows)
    return total, rows, rule


def _span(knobs: Hyperparameters, amounts: DataAmounts, mean: float, load: StepLimits) -> tuple[float, float]:
    """Return minimum and maximum rows per step."""
    fixed = _fixed(knobs)
    if fixed:
        return fixed, fixed * (max(1.0, knobs.max_length / mean) if amounts.packed else 1)
    least = max(1, knobs.batch_size, knobs.accumulation)
    return least, max(least, min(load.rows, load.tokens / mean))


def _whole(knobs: Hyperparameters, total: float, sequences: int) -> int:
    """Return total readings for steps of *sequences* rows."""
    if knobs.max_steps:
        return knobs.max_steps * sequences
    if knobs.epochs:
        return math.ceil(total)
    least = (min(knobs.min_steps, knobs.step_limit) - 1) * sequences + 1
    return min(max(math.ceil(total), least), knobs.step_limit * sequences)


def _warmup(knobs: Hyperparameters, steps: int) -> int:
    """Return the number of warm-up steps, fewer than all steps."""
    return min(int(knobs.warmup_ratio * steps), steps - 1)


def _fixed(knobs: Hyperparameters) -> int:
    """Return sequences per step if both of its factors are set; else 0."""
    return knobs.batch_size * knobs.accumulation


def _multiple(knobs: Hyperparameters, sequences: float, devices: int) -> int:
    """Round *sequences* to a multiple of the one factor that is set, if one is, and of *devices*."""
    unit = knobs.accumulation or max(1, knobs.batch_size) * devices
    return max(1, math.ceil(sequences / unit)) * unit


def _split(knobs: Hyperparameters, sequences: int, room: int, devices: int) -> tuple[int, int]:
    """Return batch size and accumulation for at most *sequences* per step, or one for each of *devices*; a
    device holds *room* at once.
    """
    if knobs.batch_size:
        shares = sequences // (knobs.batch_size * devices)
        return knobs.batch_size, knobs.accumulation or max(1, shares) * devices
    shares = math.ceil(sequences / (max(1, min(room, sequences)) * devices))
    accumulation = knobs.accumulation or shares * devices
    return max(1, sequences // accumulation), accumulation


def _fuller(knobs: Hyperparameters, batch: int, accumulation: int, rows: float, most: float) -> int:
    """Return *batch*, or another that fits *rows* to *most* rows if it is free, so that fewer rows go unread."""
    wanted = math.ceil(rows / accumulation)
    return batch if knobs.batch_size or wanted * accumulation > most else wanted


def _tokens(readings: Mapping[str, int], amounts: DataAmounts) -> float:
    return sum(count * amounts.tokens[name] / amounts.distinct[name] for name, count in readings.items())


def _passes(readings: Mapping[str, int], amounts: DataAmounts) -> float:
    if amounts.distinct.get(HARVESTED):
        return readings[HARVESTED] / amounts.distinct[HARVESTED]
    return sum(readings.values()) / sum(amounts.distinct.values())
