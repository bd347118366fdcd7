"""Merge an adapter into its base: a model directory for every program that reads the base's.

The base is taken unquantised, as the benchmark asks it, whatever the adapter was trained on. Only plain LoRA is merged,
whose merged weights compute the same. Each of them is rounded once, to the type in which it is stored.
"""

import math
import shutil
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ct_retrain.adapters import _attached, _modelling
from ct_retrain.core.errors import ToolError, UsageError

Dtype = Literal["base", "float32", "bfloat16", "float16"]

_BESIDE = ("*.json", "*.jinja", "*.model", "merges.txt", "additional_chat_templates/*.jinja", "LICENSE*")
"""Files of a base that are copied unless the merged model has its own: tokenizer, chat templates, licence."""
_INDEX = "model.safetensors.index.json"


class Merged(NamedTuple):
    """What was written."""

    dtype: str
    lost: float
    """Share of the adapter's change, by its norm, that rounding to *dtype* took away."""


def merge(base: str, adapter: Path, out: Path, dtype: Dtype = "base") -> Merged:
    """Merge *adapter* into *base*, a directory or a cached name, and write the model into the directory *out*.

    `base` stores them in the type that the base says it has. The model is in memory once. Raise UsageError for an adapter
    or a base that cannot be merged exactly, ToolError if the adapter does not load on the base, or a sum not fit the type.
    """
    with _modelling.quietly(download=False):
        directory = _modelling.base_directory(base, download=False)
        torch = _modelling.library("torch")
        kind = "auto" if dtype == "base" else getattr(torch, dtype)
        model = _attached.attach(
            _modelling.load_model(directory, {"dtype": kind, "device_map": "cpu"}), adapter
        )
        if not _attached.is_plain(model):
            raise UsageError(
                f"adapter {adapter} on {base} cannot be merged exactly: only LoRA on linear layers that are not quantised "
                "can; serve the adapter beside its base"
            )
        stored = str(model.dtype).removeprefix("torch.")
        lost = _add(model)
        if not math.isfinite(lost):
            raise ToolError(
                f"adapter {adapter} does not merge in {stored} (a weight is not finite): try --dtype float32"
            )
        model.unload().save_pretrained(out)
        _copy_beside(directory, out)
    return Merged(stored, lost)


def _add(model: Any) -> float:
    """Add the adapter to the weights of its base, a layer at a time; return how much of the change rounding takes.

    PEFT's own merge rounds the change before it adds it, and the sum again.
    """
    layers = _modelling.library("peft.tuners.lora.layer")
    changed = rounded = 0.0
    for layer in (module for module in model.modules() if isinstance(module, layers.LoraLayer)):
        weight = layer.base_layer.weight.detach()
        delta = layer.get_delta_weight("default").detach().double()
        exact = weight.double() + delta
        weight.copy_(exact)
        changed += float(delta.square().sum())
        rounded += float((weight.double() - exact).square().sum())
    return (rounded / changed) ** 0.5 if changed else 0.0


def _copy_beside(base: Path, out: Path) -> None:
    for path in (path for pattern in _BESIDE for path in base.glob(pattern) if path.name != _INDEX):
        target = out / path.relative_to(base)
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)
