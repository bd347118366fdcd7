"""Running out of memory as one error that names the settings that help."""

import contextlib
from collections.abc import Generator

from ct_retrain.adapters import _machine, _modelling
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.training import Hyperparameters

REMEDY = (
    "lower train.hyperparameters.batch_size (and raise accumulation to match), or max_length, keep quantization nf4, "
    "and set gradient_checkpointing to true or auto"
)
"""What to set where memory does not suffice."""


class OutOfMemoryError(ToolError):
    """The device, or this machine, has too little memory for the training as it was tried."""


@contextlib.contextmanager
def explained(knobs: Hyperparameters) -> Generator[None]:
    """Turn whatever says that memory ran out into an OutOfMemoryError; every other error passes."""
    torch = _modelling.library("torch")
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # The CPU allocator raises a bare RuntimeError; only its words tell.
        if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error):
            raise OutOfMemoryError(
                f"out of memory on {_machine.device_name()} with batch_size {knobs.batch_size} and max_length "
                f"{knobs.max_length}: {REMEDY}"
            ) from error
        raise
