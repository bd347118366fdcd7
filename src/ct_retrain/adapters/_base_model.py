"""Load the frozen base for training on this device, with correct gradients, or refuse it.

A base that this machine cannot train is refused before its weights are read. A quantised base is never
converted to a layout that computes answers but no gradients. Not covered: a base spread over several devices.
"""

import logging
from pathlib import Path
from typing import Any

from ct_retrain.adapters import _machine, _modelling
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.training import Hyperparameters, TrainPlan

_CPU_PARAMETERS = 2_000_000_000
"""Maximum parameters of a base without a GPU: one step of a 7B model takes minutes on a CPU."""


def load_base_model(knobs: Hyperparameters, directory: Path, index: int = 0) -> Any:
    """Load the model in *directory*, quantised as *knobs* say, on CUDA device *index* or on the CPU."""
    torch, transformers = _modelling.library("torch"), _modelling.library("transformers")
    cuda = torch.cuda.is_available()
    flash = cuda and knobs.dtype == "bfloat16" and transformers.utils.is_flash_attn_2_available()
    options: dict[str, Any] = {
        "dtype": getattr(torch, knobs.dtype),
        "device_map": {"": index if cuda else "cpu"},
        "attn_implementation": "flash_attention_2" if flash else "sdpa",
    }
    if knobs.quantization == "nf4":
        options["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=getattr(torch, knobs.dtype),
        )
    model = _modelling.load_model(directory, options)
    _never_repack(model)
    return model


def lora(knobs: Hyperparameters, base: Any) -> Any:
    """Return PEFT's configuration of the adapter on *base*; raise UsageError for a target that is not
    trained.
    """
    names = [name.strip() for name in knobs.targets.split(",") if name.strip()]
    head = base.get_output_embeddings()
    tied = [path for path, module in base.named_modules() if module is head]
    wrong = {path for path in tied for name in names if path == name or path.endswith(f".{name}")}
    if wrong:
        raise UsageError(
            f"train.hyperparameters.targets names the output layer {min(wrong)}, which TRL does not train with an "
            "adapter: leave it out, or use all-linear"
        )
    return _modelling.library("peft").LoraConfig(
        r=knobs.rank,
        lora_alpha=knobs.alpha,
        lora_dropout=knobs.dropout,
        target_modules=names[0] if names == ["all-linear"] else names,
        task_type="CAUSAL_LM",
    )


def _never_repack(model: Any) -> None:
    """Keep bitsandbytes from repacking the quantised layers of *model* for inference.

    On CPUs with AVX512-BF16, a `Linear4bit` called in eval mode with an input that needs no gradient changes
    the layout of its weights for a kernel without a backward pass (bitsandbytes 0.50). Training then
    continues with gradients of the wrong weights, without an error. Each layer decides by this attribute.
    """
    for module in model.modules():
        if getattr(module, "support_avx512bf16_for_cpu", False):
            module.support_avx512bf16_for_cpu = False


def require_gradients(model: Any) -> None:
    """Raise ToolError if a layer of *model* is in an inference layout, whose gradients are wrong."""
    spoilt = [
        name
        for name, parameter in model.named_parameters()
        if getattr(getattr(parameter, "quant_state", None), "packing_format_for_cpu", False)
    ]
    if spoilt:
        raise ToolError(
            f"bitsandbytes repacked {len(spoilt)} layers of the base for inference, such as {spoilt[0]}: their "
            "gradients would be wrong; set train.hyperparameters.quantization to none, and report this"
        )


def require_trainable(plan: TrainPlan, base: Path) -> None:
    """Raise UsageError or ToolError if this machine cannot train *plan* on the model in *base*."""
    torch = _modelling.library("torch")
    knobs = plan.hyperparameters
    if knobs.quantization == "nf4":
        _modelling.library("bitsandbytes")
    if torch.cuda.is_available():
        if knobs.dtype == "bfloat16" and not torch.cuda.is_bf16_supported():
            raise UsageError(
                f"{_machine.device_name()} has no bfloat16: set train.hyperparameters.dtype to float32"
            )
        return
    count = _modelling.parameters(base)
    if count > _CPU_PARAMETERS:
        raise ToolError(
            f"{plan.base} has {count / 1e9:.1f} billion parameters and this machine has no CUDA device: run where "
            "`nvidia-smi` lists one, or set train.mainline to a smaller model"
        )
    if knobs.dtype == "bfloat16":
        logging.getLogger(__name__).warning(
            "bfloat16 is slow on a CPU: set train.hyperparameters.dtype to float32"
        )
