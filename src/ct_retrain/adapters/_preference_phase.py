"""The second phase of training: verified answers against wrong ones, with TRL's DPO or KTO.

It starts from the adapter that the mixture has made, which is also its reference. DPO adds the negative
log-likelihood of the verified answer (Pang et al. 2024, "Iterative Reasoning Preference Optimization"), because
without it both answers may become less likely. Questions and answers are tokenised as for the mixture; a pair
that is too long is left out and counted. Checkpoints are sealed as in the first phase.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ct_retrain import disk
from ct_retrain.adapters import _checkpoints, _mixture, _modelling
from ct_retrain.adapters._chat import Chat
from ct_retrain.adapters._loss_curve import losses_of
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.progress import Pace
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import Preference
from ct_retrain.core.records.training import Hyperparameters, PreferenceFit, TrainPlan
from ct_retrain.core.rules import learning

_PAIRS_A_STEP = 16
"""Pairs per optimizer step, where there are enough of them for `_STEPS` steps."""
_STEPS = 30
"""Optimizer steps below which a step reads fewer pairs."""
_KTO_BATCH = 4
"""Answers per micro-batch of KTO, which estimates its KL term by exchanging them; DPO takes one pair."""


Rows: TypeAlias = list[dict[str, list[int]]]
"""Rows with `prompt_ids`, `chosen_ids` and `rejected_ids`."""


class Pairs(NamedTuple):
    """The tokenised pairs that fit, and the others."""

    rows: Rows
    too_long: tuple[Rejected, ...]


def tokenised(plan: TrainPlan, tokenizer: Any) -> Pairs:
    """Tokenise the plan's pairs; raise if the file is not the plan's, or no pair fits."""
    path = Path(plan.preferences)
    if not path.is_file() or disk.sha256_of(path) != plan.preferences_sha256:
        raise CorruptStateError(f"{path} is missing or not what the plan was made for: redo the train stage")
    chat = Chat(tokenizer, plan.chat)
    limit = min(plan.hyperparameters.max_length, _mixture.window(chat))
    rows: Rows = []
    too_long: list[Rejected] = []
    for number, pair in enumerate(disk.read_lines(path, Preference), 1):
        prompt, chosen = chat.pair(pair.prompt, pair.chosen)
        rejected = chat.pair(pair.prompt, pair.rejected)[1]
        length = len(prompt) + max(len(chosen), len(rejected))
        if length > limit:
            detail = f"{length} tokens, and {limit} is the most that max_length and mainline's window allow"
            too_long.append(Rejected(subject=f"{path.name}:{number}", reason="too_long", detail=detail))
        else:
            rows.append({"prompt_ids": prompt, "chosen_ids": chosen, "rejected_ids": rejected})
    if not rows:
        raise UsageError(
            f"none of the {len(too_long)} pairs of {path} fits in {limit} tokens: raise "
            "train.hyperparameters.max_length, where mainline's window allows it, or turn train.preferences off"
        )
    return Pairs(rows, tuple(too_long))


def train(model: Any, tokenizer: Any, knobs: Hyperparameters, pairs: Pairs, out: Path) -> PreferenceFit:
    """Train the adapter of *model*, a PeftModel, on *pairs*; continue from the last complete checkpoint in *out*."""
    began = time.monotonic()
    checkpoints = out / _checkpoints.PREFERENCE_CHECKPOINTS
    checkpoint, spent = _checkpoints.newest(checkpoints)
    trainer = _METHODS[knobs.preference_loss](model, tokenizer, knobs, pairs.rows, checkpoints)
    # TRL casts the LoRA matrices of quantised models to bfloat16; see adapters.qlora.
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    trainer.remove_callback(_modelling.library("transformers").PrinterCallback)
    trainer.add_callback(_recorder(began - spent))
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if _REFERENCE in trainer.model.peft_config:
        trainer.model.delete_adapter(_REFERENCE)
    history = trainer.state.log_history
    accuracies = [float(entry[_ACCURACY]) for entry in history if _ACCURACY in entry]
    return PreferenceFit(
        loss=knobs.preference_loss,
        pairs=len(pairs.rows),
        skipped=len(pairs.too_long),
        steps=trainer.state.global_step,
        seconds=time.monotonic() - began + spent,
        losses=losses_of(history),
        accuracy=accuracies[-1] if accuracies else None,
    )


_REFERENCE = "ref"
"""TRL's name of the copy of the adapter that the phase starts from."""
_ACCURACY = "rewards/accuracies"


def _dpo(model: Any, tokenizer: Any, knobs: Hyperparameters, rows: Rows, checkpoints: Path) -> Any:
    """TRL's trainer of DPO with a negative log-likelihood term."""
    trl: Any = _modelling.library("trl")
    arguments = trl.DPOConfig(
        loss_type=["sigmoid", "sft"] if knobs.preference_nll else ["sigmoid"],
        loss_weights=[1.0, knobs.preference_nll] if knobs.preference_nll else None,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=_pairs_a_step(knobs, len(rows)),
        **_common(knobs, checkpoints),
    )
    return _taking_tokens(trl.DPOTrainer)(
        model=model, args=arguments, train_dataset=_dataset(rows), processing_class=tokenizer
    )


def _kto(model: Any, tokenizer: Any, knobs: Hyperparameters, rows: Rows, checkpoints: Path) -> Any:
    """TRL's trainer of KTO, to which every pair is one wanted and one unwanted answer."""
    trl: Any = _modelling.library("trl")
    arguments = trl.KTOConfig(
        per_device_train_batch_size=_KTO_BATCH,
        gradient_accumulation_steps=max(1, 2 * _pairs_a_step(knobs, len(rows)) // _KTO_BATCH),
        **_common(knobs, checkpoints),
    )
    return _taking_tokens(trl.KTOTrainer)(
        model=model, args=arguments, train_dataset=_dataset(_unpaired(rows)), processing_class=tokenizer
    )


_METHODS: dict[str, Callable[[Any, Any, Hyperparameters, Rows, Path], Any]] = {"dpo": _dpo, "kto": _kto}


def _common(knobs: Hyperparameters, checkpoints: Path) -> dict[str, Any]:
    """Arguments of both; the learning rate falls linearly from its peak, so that the first step trains too."""
    cuda = _modelling.library("torch").cuda.is_available()
    return {
        "output_dir": str(checkpoints),
        "num_train_epochs": knobs.preference_passes,
        "learning_rate": knobs.preference_learning_rate,
        "lr_scheduler_type": "linear",
        "beta": knobs.preference_beta,
        "weight_decay": knobs.weight_decay,
        "optim": "adamw_torch_fused",
        "seed": knobs.seed,
        "max_length": knobs.max_length,
        "bf16": cuda and knobs.dtype == "bfloat16",
        "use_cpu": not cuda,
        "gradient_checkpointing": knobs.gradient_checkpointing,
        "save_steps": knobs.checkpoint_steps,
        "save_total_limit": 2,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "dataloader_pin_memory": cuda,
        "report_to": "none",
        "disable_tqdm": True,
    }


def _pairs_a_step(knobs: Hyperparameters, pairs: int) -> int:
    return max(1, min(_PAIRS_A_STEP, round(pairs * knobs.preference_passes / _STEPS)))


def _dataset(rows: list[dict[str, Any]]) -> Any:
    return _modelling.library("datasets").Dataset.from_list(rows)


def _unpaired(rows: Rows) -> list[dict[str, Any]]:
    """Return two rows a pair; each row's `KL_completion_ids` are an answer to another question of its micro-batch."""
    answers: list[dict[str, Any]] = [
        {"prompt_ids": row["prompt_ids"], "completion_ids": row[side], "label": side == "chosen_ids"}
        for row in rows
        for side in ("chosen_ids", "rejected_ids")
    ]
    for first in range(0, len(answers), _KTO_BATCH):
        batch = answers[first : first + _KTO_BATCH]
        for number, answer in enumerate(batch):
            answer["KL_completion_ids"] = batch[number - 2]["completion_ids"]
    return answers


def _taking_tokens(trainer: Any) -> Any:
    """Return a subclass of TRL's *trainer* that takes rows as tokens: it would render the questions anew."""
    return type(
        trainer.__name__, (trainer,), {"_prepare_dataset": lambda _self, dataset, *_given, **_named: dataset}
    )


def _recorder(began: float) -> Any:
    """Return a callback that seals checkpoints, logs progress and stops a loss that is not finite."""
    recorder: Any = _modelling.library("transformers").TrainerCallback()
    pace = Pace("train: preference steps", 0)

    def on_train_begin(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        nonlocal pace
        pace = Pace("train: preference steps", state.max_steps)

    def on_log(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        reason = learning.diverged(losses_of(state.log_history))
        if reason:
            raise ToolError(f"learning from wrong answers: {reason}")

    def on_save(arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        directory = Path(arguments.output_dir) / f"checkpoint-{state.global_step}"
        _checkpoints.seal(directory, state.global_step, time.monotonic() - began)

    def on_step_end(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        pace.reach(state.global_step)

    def on_train_end(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        pace.end(state.global_step)

    for hook in (on_train_begin, on_log, on_save, on_step_end, on_train_end):
        setattr(recorder, hook.__name__, hook)
    return recorder
