"""What both phases of training have in common: TRL's arguments, and the state of a trainer before it starts."""

import importlib
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ct_retrain.adapters import _modelling
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.training import Hyperparameters


def of_trl(name: str) -> Any:
    """Return what TRL calls *name*; raise UsageError if it is ORPO's, which is experimental, and not in this version."""
    if not name.startswith("ORPO"):
        return getattr(_modelling.library("trl"), name)
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")  # else a warning at every training
    try:
        return getattr(importlib.import_module("trl.experimental.orpo"), name)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"trl {version('trl')} has no {name}, which was experimental: set train.hyperparameters.preference_loss "
            "to dpo or kto, or install the version of requirements.lock"
        ) from error


def arguments(config: str, knobs: Hyperparameters, checkpoints: Path, **own: Any) -> Any:
    """Return TRL's *config* with *own* arguments and those of both phases; nothing is reported, printed or sent."""
    cuda = _modelling.library("torch").cuda.is_available()
    made: Any = of_trl(config)(
        output_dir=str(checkpoints),
        weight_decay=knobs.weight_decay,
        optim="adamw_torch_fused",
        seed=knobs.seed,
        max_length=knobs.max_length,
        bf16=cuda and knobs.dtype == "bfloat16",
        use_cpu=not cuda,
        gradient_checkpointing=knobs.gradient_checkpointing,
        save_steps=knobs.checkpoint_steps,
        save_total_limit=2,
        logging_nan_inf_filter=False,
        dataloader_pin_memory=cuda,
        report_to="none",
        disable_tqdm=True,
        **own,
    )
    if made.n_gpu > 1:
        # The base was loaded on one device; TRL refuses to wrap it for all that are visible.
        made._n_gpu = 1  # noqa: SLF001  # there is no public way
    return made


def prepare_trainer(trainer: Any) -> None:
    """Keep the LoRA matrices of *trainer* in float32, and keep it from printing.

    TRL casts those of quantised models to bfloat16: slow and noisy on a CPU, and with eight bits of mantissa a small
    learning rate rounds away. PEFT's own default is float32, autocast or not.
    """
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    trainer.remove_callback(_modelling.library("transformers").PrinterCallback)
