"""Detects adapters that were never trained, from their tensors alone.

PEFT initialises every method so that the adapter changes nothing: LoRA's B is 0, IA³'s factors are 1. An adapter with
these values was not trained. Not covered: files other than safetensors (the benchmark finds those that do not load),
methods missing in `_STILL`, and adapters that also save whole modules or DoRA's magnitudes.
"""

import json
import mmap
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"


class _Still(NamedTuple):
    """Initial values of one adapter method."""

    decisive: tuple[str, ...]
    """Parts of the names of the tensors whose initial value is `at` everywhere."""
    partners: tuple[str, ...]
    """Parts of the names of its other tensors, which have no effect alone."""
    at: float = 0.0


_STILL = {
    "LORA": _Still(("lora_B.", "lora_embedding_A"), ("lora_A.", "lora_embedding_B")),
    "ADALORA": _Still(("lora_E",), ("lora_A", "lora_B", "ranknum")),
    "LOHA": _Still(("hada_w2_b",), ("hada_",)),
    "LOKR": _Still(("lokr_w1",), ("lokr_w2", "lokr_t2")),
    "VERA": _Still(("vera_lambda_b",), ("vera_lambda_d", "vera_A", "vera_B")),
    "OFT": _Still(("oft_R", "oft_embedding_R"), ()),
    "BOFT": _Still(("boft_R",), ("boft_s",)),
    "IA3": _Still(("ia3_l",), (), at=1.0),
}
_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
"""Data types that are examined, with their size in bytes; PEFT saves no others by default."""
_HEADER = 8


def untrained(directory: Path) -> str:
    """Return why the adapter in *directory* was not trained; empty if it may have been."""
    with suppress(OSError, ValueError, KeyError, TypeError, struct.error):
        return _untrained(directory)
    return ""


def _untrained(directory: Path) -> str:
    config: dict[str, Any] = json.loads((directory / CONFIG).read_text("utf-8"))
    still = _STILL.get(str(config.get("peft_type", "")).upper())
    moved, others, seen = False, False, 0
    for name, values in _tensors(directory / WEIGHTS):
        if values is not None and not np.isfinite(values).all():
            return f"tensor {name} holds values that are not finite"
        if still is None:
            continue
        if any(mark in name for mark in still.decisive):
            seen += 1
            moved = moved or values is None or bool((values != still.at).any())
        elif not any(mark in name for mark in still.partners):
            others = True
    if still is None or moved or others or not seen:
        return ""
    what = " and ".join(mark.strip(".") for mark in still.decisive[:1])
    return f"all {seen} {what} tensors are {still.at:g}, as they were before the first step"


def _tensors(path: Path) -> Iterator[tuple[str, NDArray[Any] | None]]:
    """Yield name and values of each tensor; None for a type that is not examined."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        (length,) = struct.unpack("<Q", data[:_HEADER])
        header: Mapping[str, Any] = json.loads(data[_HEADER : _HEADER + length])
        for name, about in header.items():
            if name != "__metadata__":
                first, last = (_HEADER + length + offset for offset in about["data_offsets"])
                yield name, _values(data[first:last], about["dtype"])


def _values(raw: bytes, kind: str) -> NDArray[Any] | None:
    if kind not in _SIZES:
        return None
    if kind == "BF16":  # the upper half of a float32
        return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(raw, f"<f{_SIZES[kind]}")
