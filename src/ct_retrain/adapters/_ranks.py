"""The processes that train one adapter together, one a device; usually there is one.

Each has a copy of the base and reads its share of every step. The first (rank 0) alone writes files and sends
log events; an error may come from any.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

from ct_retrain.adapters import _modelling
from ct_retrain.core.errors import UsageError


def joined() -> Any:
    """Join the other processes of this training, and return accelerate's `PartialState` of all of them.

    Raise UsageError if there are GPUs, but fewer than processes.
    """
    cuda = _modelling.library("torch").cuda
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if cuda.is_available() and cuda.device_count() < count:
        raise UsageError(
            f"train.devices is {count}, and the GPUs that are visible here are {cuda.device_count()}: lower it, or "
            "see to the others (`nvidia-smi`, CUDA_VISIBLE_DEVICES)"
        )
    return _modelling.library("accelerate").PartialState(cpu=not cuda.is_available())


def greatest(value: int) -> int:
    """Return the greatest *value* of all processes; each of them must ask."""
    return int(max(_modelling.library("accelerate.utils").gather_object([value])))


def run_ranks(count: int, work: Callable[..., None], *arguments: Any) -> None:
    """Call *work* with *arguments* and its rank in *count* processes that find each other over loopback.

    If one fails, the others are ended, and this process ends as it did. Unlike those that
    `torch.distributed.run` starts, they stay in this process's group, and so end with it whatever happens.
    """
    processes = _modelling.library("torch.multiprocessing")
    port = _modelling.library("accelerate.utils.other").get_free_port()
    try:
        processes.spawn(_rank, (count, port, work, arguments), nprocs=count)
    except processes.ProcessExitedException as error:
        if error.exit_code < 0:
            os.kill(os.getpid(), -error.exit_code)
        sys.exit(error.exit_code)
    except processes.ProcessRaisedException as error:
        sys.exit(str(error))


def _rank(rank: int, count: int, port: int, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Call *work* in the environment by which torch's processes find each other."""
    os.environ.update(
        RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(count), LOCAL_WORLD_SIZE=str(count),
        MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port),
    )  # fmt: skip
    torch = _modelling.library("torch")
    torch.set_num_threads(max(1, torch.get_num_threads() // count))
    work(*arguments, rank)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
