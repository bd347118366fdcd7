"""What NVIDIA's driver says of its GPUs, by its library NVML: which there are, and the energy they have used.

Where there is no driver, there is no GPU, and energy is unknown.
"""

import ctypes
import functools
import os
from collections.abc import Sequence

from ct_retrain.core.errors import UsageError

_UUID_BYTES = 96
"""Bytes that NVML asks for a UUID."""


def require_gpus(devices: Sequence[str]) -> None:
    """Raise UsageError if one of *devices*, values of CUDA_VISIBLE_DEVICES, does not name one GPU of this machine.

    Where there is no GPU at all, nothing is raised: training is on the CPU.
    """
    library = _library(os.getpid())
    for one in (gpu.strip() for device in devices for gpu in device.split(",")):
        if library is not None and _handle(library, one) is None:
            raise UsageError(
                f"--device {one}: no such GPU here, or more than one; `nvidia-smi -L` lists those that there are"
            )


def joules() -> float | None:
    """Return the energy that the GPUs visible to this process have used since the driver was loaded.

    Those are the GPUs of CUDA_VISIBLE_DEVICES, or all. None if there is none, or one does not tell: GPUs before Volta,
    and parts of one.
    """
    library = _library(os.getpid())
    if library is None:
        return None
    used = [_used(library, one) for one in _visible(library)]
    return sum(one for one in used if one is not None) if used and None not in used else None


@functools.cache
def _library(_process: int) -> ctypes.CDLL | None:
    """NVML, started in this process; None if it is not here."""
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None
    return library if library.nvmlInit_v2() == 0 else None


def _visible(library: ctypes.CDLL) -> list[str]:
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [one.strip() for one in named.split(",") if one.strip()]
    return _indices(library)


def _indices(library: ctypes.CDLL) -> list[str]:
    count = ctypes.c_uint()
    library.nvmlDeviceGetCount_v2(ctypes.byref(count))
    return [str(one) for one in range(count.value)]


def _handle(library: ctypes.CDLL, name: str) -> ctypes.c_void_p | None:
    """The GPU of the number or UUID *name*, which may be shortened as far as it names one GPU; None if there is none."""
    handle = ctypes.c_void_p()
    if name.isdigit():
        code = library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(int(name)), ctypes.byref(handle))
    else:
        code = library.nvmlDeviceGetHandleByUUID(name.encode(), ctypes.byref(handle))
    if code and name.startswith("GPU-"):
        meant = [one for one in _indices(library) if _uuid(library, one).startswith(name)]
        return _handle(library, meant[0]) if len(meant) == 1 else None
    return handle if code == 0 else None


def _uuid(library: ctypes.CDLL, index: str) -> str:
    text = ctypes.create_string_buffer(_UUID_BYTES)
    code = library.nvmlDeviceGetUUID(_handle(library, index), text, ctypes.c_uint(_UUID_BYTES))
    return text.value.decode() if code == 0 else ""


def _used(library: ctypes.CDLL, name: str) -> float | None:
    handle, millijoules = _handle(library, name), ctypes.c_ulonglong()
    if handle is None or library.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(millijoules)):
        return None
    return millijoules.value / 1000
