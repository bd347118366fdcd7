"""Facts on the training machine: package versions, the device's name, and peak memory."""

import contextlib
import functools
import resource
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from ct_retrain.adapters import _modelling
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.training import Hyperparameters

_PACKAGES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "accelerate", "datasets")


def versions() -> dict[str, str]:
    """Return package → version of those that are installed."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def device_name() -> str:
    """Return the name of the GPU that training would use, or `cpu`."""
    torch = _modelling.library("torch")
    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else "cpu"


def several(device: str, count: int) -> str:
    """Return the name of *count* devices that train together."""
    return device if count == 1 else f"{count} × {device}"


def decided(knobs: Hyperparameters, *, spare_memory: bool = False) -> Hyperparameters:
    """Return *knobs* with every `auto` resolved for this machine; *spare_memory* after memory has run out."""
    cuda = _modelling.library("torch").cuda
    there = bool(cuda.is_available())
    wide = "bfloat16" if there and cuda.is_bf16_supported() else "float32"
    meant = {"dtype": wide, "packing": there, "gradient_checkpointing": spare_memory}
    return knobs.model_copy(
        update={name: value for name, value in meant.items() if getattr(knobs, name) == "auto"}
    )


@functools.cache
def device_name_asked() -> str:
    """Return `device_name` without importing torch here: a CPU build has no other device, else a process is
    asked.

    Raise UsageError if torch is not installed, ToolError if it cannot be imported.
    """
    try:
        build = version("torch")
    except PackageNotFoundError:
        return device_name()
    if build.endswith("+cpu"):
        return "cpu"
    question = "import torch; print(torch.cuda.get_device_name(0) if torch.cuda.is_available() else 'cpu')"
    asked = subprocess.run(
        [sys.executable, "-P", "-c", question], capture_output=True, text=True, check=False, timeout=600
    )
    if asked.returncode:
        raise ToolError(f"torch {build} cannot be imported; run ./setup.sh again:\n{asked.stderr.strip()}")
    return asked.stdout.strip()


def peak_memory() -> int:
    """Return peak bytes: what torch held on CUDA, else the largest size of this process."""
    torch = _modelling.library("torch")
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
