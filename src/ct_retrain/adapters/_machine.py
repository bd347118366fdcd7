"""What ran the training: package versions, the device's name, and the memory it took."""

import contextlib
import resource
import sys
from importlib.metadata import PackageNotFoundError, version

from ct_retrain.adapters import _modelling
from ct_retrain.core.training import Hyperparameters

_PACKAGES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "accelerate", "datasets")


def versions() -> dict[str, str]:
    """Package → version, for those that are installed."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def device_name() -> str:
    """The GPU that training would use, or `cpu`."""
    torch = _modelling.library("torch")
    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else "cpu"


def decided(knobs: Hyperparameters) -> Hyperparameters:
    """*knobs* with every `auto` replaced by what it means on this machine before memory has run out."""
    cuda = _modelling.library("torch").cuda
    there = bool(cuda.is_available())
    wide = "bfloat16" if there and cuda.is_bf16_supported() else "float32"
    meant = {"dtype": wide, "packing": there, "gradient_checkpointing": False}
    return knobs.model_copy(
        update={name: value for name, value in meant.items() if getattr(knobs, name) == "auto"}
    )


def peak_memory() -> int:
    """On CUDA what torch held at most; else the largest this process ever was."""
    torch = _modelling.library("torch")
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
