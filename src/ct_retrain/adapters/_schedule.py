"""Apply the recipe's schedule to TRL's trainer: the reading order, and the learning rate of each step."""

from typing import Any, NamedTuple

from ct_retrain.adapters import _mixture, _modelling
from ct_retrain.core.records.training import Hyperparameters, Schedule
from ct_retrain.core.rules import reading_order, recipe

_RESEED = 1
"""Added to the seed for the second of two orders, so that they use different streams."""


class SequenceOrder(NamedTuple):
    """Sequences in reading order, and the resulting schedule."""

    rows: Any
    schedule: Schedule
    packed: bool


def lay_out(
    knobs: Hyperparameters, tokens: _mixture.Tokens, *, packed: bool, devices: int = 1
) -> SequenceOrder:
    """Arrange *tokens* as *knobs* ask; rows that pack into too few sequences for the steps are padded.

    Every step has as many micro-batches for each of *devices*.
    """
    if packed:
        planned = recipe.training_schedule(knobs, tokens.amounts(packed=True), devices)
        order = reading_order.order(tokens.origins, planned.readings, knobs.seed)
        rows = _mixture.packed(tokens, order, planned.pack_to, knobs.seed)
        found = recipe.packed_schedule(knobs, planned, len(rows), devices)
        if found is not None:
            most = min(len(rows), found.steps * found.sequences_a_step)
            return SequenceOrder(rows.select(range(most)), found, packed=True)
    planned = recipe.training_schedule(knobs, tokens.amounts(packed=False), devices)
    order = reading_order.order(tokens.origins, planned.readings, knobs.seed)
    lengths = [len(row["input_ids"]) for row in tokens.rows]
    batched = reading_order.batched(order, lengths, planned.batch_size, knobs.seed + _RESEED)
    return SequenceOrder(_mixture.padded(tokens, batched), planned, packed=False)


def follow_schedule(trainer: Any, knobs: Hyperparameters, planned: Schedule) -> None:
    """Let *trainer* take its learning rate from *planned*.

    Transformers' own schedules begin at 0, so that the first step trains nothing.
    """
    torch = _modelling.library("torch")

    def factor(
        step: int,
    ) -> float:  # a plain function, because checkpoints save the state of any other callable
        return recipe.rate(knobs, planned, step)

    def create_scheduler(num_training_steps: int, optimizer: Any = None) -> Any:
        del num_training_steps
        if trainer.lr_scheduler is None:
            chosen = trainer.optimizer if optimizer is None else optimizer
            trainer.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(chosen, factor)
            trainer._created_lr_scheduler = True  # noqa: SLF001  # what its own method does
        return trainer.lr_scheduler

    trainer.create_scheduler = create_scheduler
