"""Turn errors about exhausted memory into one error that names the settings that help."""

import contextlib
from collections.abc import Generator

from ct_retrain.adapters import _machine, _modelling
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.training import Hyperparameters

REMEDY = (
    "lower train.hyperparameters.batch_size (and raise accumulation to match), or max_length, keep quantization nf4, "
    "and set gradient_checkpointing to true or auto"
)
"""Settings to change when memory runs out."""


class OutOfMemoryError(ToolError):
    """The device or this machine has too little memory for the training as it was tried."""


@contextlib.contextmanager
def explained(knobs: Hyperparameters) -> Generator[None]:
    """Raise OutOfMemoryError for any error that means so; other errors pass unchanged."""
    torch = _modelling.library("torch")
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # The CPU allocator raises a bare RuntimeError; only its message tells.
        if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error):
            raise OutOfMemoryError(
                f"out of memory on {_machine.device_name()} with batch_size {knobs.batch_size} and max_length "
                f"{knobs.max_length}: {REMEDY}"
            ) from error
        raise
