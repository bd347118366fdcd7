"""What a training leaves while it runs: loss points, sealed checkpoints, progress."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.adapters import _checkpoints, _modelling
from ct_retrain.adapters._loss_curve import losses_of
from ct_retrain.core.errors import ToolError
from ct_retrain.core.progress import Pace
from ct_retrain.core.records.training import LossPoint


class TrainingLog(NamedTuple):
    """How one phase of a training is told and watched."""

    what: str
    """Name of its progress."""
    began: float
    """When it began, less what earlier tries took."""
    hopeless: Callable[[Sequence[LossPoint]], str]
    """Why it should be stopped; empty if it should go on."""
    curve: Path | None = None
    """Directory that takes the losses so far; None for none."""


def recorder(log: TrainingLog, ranks: Any) -> Any:
    """Return a callback that records losses, seals checkpoints and logs progress as *log* says.

    The first of *ranks* writes; a checkpoint is sealed once all of them have written their part of it.
    """
    callback: Any = _modelling.library("transformers").TrainerCallback()
    pace = Pace(log.what, None)

    def on_train_begin(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        nonlocal pace
        pace = Pace(log.what, state.max_steps)

    def on_log(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        found = losses_of(state.log_history)
        if log.curve is not None and ranks.is_main_process:
            _checkpoints.write_losses(log.curve, found)
        reason = log.hopeless(found)
        if reason:
            raise ToolError(reason)

    def on_save(arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        ranks.wait_for_everyone()
        if ranks.is_main_process:
            directory = Path(arguments.output_dir) / f"checkpoint-{state.global_step}"
            _checkpoints.seal(directory, state.global_step, time.monotonic() - log.began)

    def on_step_end(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        pace.reach(state.global_step)

    def on_train_end(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        pace.end(state.global_step)

    for hook in (on_train_begin, on_log, on_save, on_step_end, on_train_end):
        setattr(callback, hook.__name__, hook)
    return callback
