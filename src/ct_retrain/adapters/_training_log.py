"""What a training leaves while it runs: loss points, sealed checkpoints, progress."""

import time
from pathlib import Path
from typing import Any

from ct_retrain.adapters import _checkpoints, _modelling
from ct_retrain.adapters._loss_curve import losses_of
from ct_retrain.core.errors import ToolError
from ct_retrain.core.progress import Pace
from ct_retrain.core.rules import learning


def recorder(out: Path, began: float, pace: Pace, ranks: Any) -> Any:
    """Return a callback that records losses, seals checkpoints and logs progress; training began at *began*.

    The first of *ranks* writes; a checkpoint is sealed once all of them have written their part of it.
    """
    callback: Any = _modelling.library("transformers").TrainerCallback()

    def on_log(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        found = losses_of(state.log_history)
        if ranks.is_main_process:
            _checkpoints.write_losses(out, found)
        reason = learning.hopeless(found)
        if reason:
            raise ToolError(reason)

    def on_save(arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        ranks.wait_for_everyone()
        if ranks.is_main_process:
            directory = Path(arguments.output_dir) / f"checkpoint-{state.global_step}"
            _checkpoints.seal(directory, state.global_step, time.monotonic() - began)

    def on_step_end(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        pace.reach(state.global_step)

    callback.on_log, callback.on_save, callback.on_step_end = on_log, on_save, on_step_end
    return callback
