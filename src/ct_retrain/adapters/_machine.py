"""What ran the training: package versions, the device's name, and the memory it took."""

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


def decided(knobs: Hyperparameters, *, spare_memory: bool = False) -> Hyperparameters:
    """*knobs* with every `auto` replaced by what it means on this machine; *spare_memory* once memory has run out."""
    cuda = _modelling.library("torch").cuda
    there = bool(cuda.is_available())
    wide = "bfloat16" if there and cuda.is_bf16_supported() else "float32"
    meant = {"dtype": wide, "packing": there, "gradient_checkpointing": spare_memory}
    return knobs.model_copy(
        update={name: value for name, value in meant.items() if getattr(knobs, name) == "auto"}
    )


@functools.cache
def device_name_asked() -> str:
    """The same without importing torch here: a build for CPUs has no other device, else a process of its own is asked.

    Raise UsageError when torch is not installed, ToolError when it cannot be imported.
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
    """On CUDA what torch held at most; else the largest this process ever was."""
    torch = _modelling.library("torch")
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
