"""Attach an adapter of any kind that PEFT reads to a base, and tell whether merging it would be exact.

An adapter that fits the base only in part is refused (PEFT itself only warns). So is one whose answers,
generated token by token, would differ from PEFT's. An attached model answers as `PeftModel.from_pretrained`
does.
"""

import warnings
from pathlib import Path
from typing import Any

from ct_retrain.adapters import _modelling
from ct_retrain.core.errors import ToolError

_PROBE = 12
"""Number of tokens read to see whether an adapter answers alike in one piece and in two."""
_KEPT_AS_INITIALISED = (True, False, "gaussian", "eva", "orthogonal")
"""Values of `init_lora_weights` that leave the base's weights unchanged; PiSSA and others change them."""


def attach(base: Any, adapter: Path) -> Any:
    """Attach the adapter in the directory *adapter* to *base*, which is changed in place.

    Raise ToolError if it does not load, fits only in part, or cannot be measured token by token.
    """
    peft, safetensors = _modelling.library("peft"), _modelling.library("safetensors")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="Found missing adapter keys")
            model = peft.PeftModel.from_pretrained(base, str(adapter)).eval()
        with safetensors.safe_open(str(adapter / "adapter_model.safetensors"), framework="pt") as file:
            foreign = set(file.keys()) - set(_state(peft, model))
        if foreign:
            raise KeyError(f"{len(foreign)} weights have no place in this base, such as {min(foreign)}")
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        RuntimeError,
        UserWarning,
        safetensors.SafetensorError,
    ) as error:
        raise ToolError(
            f"adapter {adapter} does not load on this mainline ({error}): train it again from this mainline"
        ) from error
    _refuse_the_unmeasurable(model, adapter)
    return model


def _state(peft: Any, model: Any) -> Any:
    with warnings.catch_warnings():
        # PEFT looks for the base where the adapter was trained; a workspace may have moved since.
        warnings.filterwarnings("ignore", message="Could not find a config file")
        return peft.get_peft_model_state_dict(model)


def is_plain(model: Any) -> bool:
    """Whether *model* holds only LoRA on linear layers whose weights no other module uses.

    Only then does merging give the same logits, and removing the adapter restores the base.
    """
    config = model.peft_config["default"]
    if (
        str(getattr(config.peft_type, "value", config.peft_type)) != "LORA"
        or config.bias != "none"
        or config.init_lora_weights not in _KEPT_AS_INITIALISED
        or getattr(config, "layer_replication", None)
    ):
        return False
    linear = _modelling.library("torch").nn.Linear
    layers = _modelling.library("peft.tuners.lora.layer")
    auxiliary = _modelling.library("peft.utils.other").AuxiliaryTrainingWrapper
    if any(isinstance(module, auxiliary) for module in model.modules()):
        return False
    adapted = [module for module in model.modules() if isinstance(module, layers.LoraLayer)]
    users = _users(model)
    return all(
        type(layer) is layers.Linear
        and type(layer.base_layer) is linear
        and not any(layer.lora_variant.values())
        and not any(layer.lora_bias.values())
        and users[layer.base_layer.weight.data_ptr()] == 1
        for layer in adapted
    )


def _users(model: Any) -> dict[int, int]:
    """Return, for the address of each weight, how many modules use it."""
    users: dict[int, int] = {}
    for module in model.modules():
        for weight in module.parameters(recurse=False):
            users[weight.data_ptr()] = users.get(weight.data_ptr(), 0) + 1
    return users


def _refuse_the_unmeasurable(model: Any, adapter: Path) -> None:
    """Raise ToolError for an adapter that answers differently token by token than PEFT does."""
    config = model.peft_config["default"]
    kind = str(getattr(config.peft_type, "value", config.peft_type))
    reason = ""
    if config.is_prompt_learning:
        reason = "it puts virtual tokens in front of the prompt"
    elif getattr(config, "alora_invocation_tokens", None):
        reason = "it acts only after certain tokens of the prompt"
    elif not is_plain(model):
        reason = _difference(model)
    if reason:
        raise ToolError(
            f"adapter {adapter} is of the kind {kind} and cannot be measured in this process ({reason}): train LoRA, "
            "or measure it through a server that supports it (endpoint.url)"
        )


def _difference(model: Any) -> str:
    """Return how an answer in one piece differs from that in two with a cache; empty if it does not."""
    torch = _modelling.library("torch")
    noise = torch.Generator().manual_seed(0)
    vocabulary = int(model.config.get_text_config().vocab_size)
    ids = torch.randint(0, vocabulary, (2, _PROBE), generator=noise).to(model.device)
    half = _PROBE // 2
    try:
        with torch.inference_mode():
            whole = model(input_ids=ids, use_cache=False).logits[:, half:].float()
            first = model(input_ids=ids[:, :half], use_cache=True)
            mask = torch.ones_like(ids)
            places = torch.arange(half, _PROBE, device=ids.device)[None].expand(2, -1)
            second = model(
                input_ids=ids[:, half:], attention_mask=mask, position_ids=places,
                past_key_values=first.past_key_values, use_cache=True,
            ).logits.float()  # fmt: skip
    except (TypeError, ValueError, RuntimeError, KeyError, AttributeError, IndexError) as error:
        return f"it does not answer token by token: {type(error).__name__}: {error}"
    if whole.shape != second.shape:
        return "it changes how many tokens are read"
    # bfloat16 rounds the two ways differently.
    near = (1e-3 if model.dtype == torch.float32 else 5e-2) * float(whole.abs().max())
    apart = float((whole - second).abs().max())
    return f"logits differ by {apart:.2g} when the prompt is read in two pieces" if apart > near else ""
