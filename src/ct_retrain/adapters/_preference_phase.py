"""The second phase of training: verified answers against wrong ones, with TRL's DPO, KTO or ORPO.

It starts from the adapter that the mixture has made, which is also its reference where the method has one (ORPO has none). DPO adds the negative
log-likelihood of the verified answer (Pang et al. 2024, "Iterative Reasoning Preference Optimization"), because
without it both answers may become less likely. Questions and answers are tokenised as for the mixture; a pair
that is too long is left out and counted. Checkpoints are sealed as in the first phase.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ct_retrain import disk
from ct_retrain.adapters import _checkpoints, _mixture, _modelling, _ranks, _trainer_setup, _training_log
from ct_retrain.adapters._chat import Chat
from ct_retrain.adapters._loss_curve import losses_of
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import Preference
from ct_retrain.core.records.training import Hyperparameters, LossPoint, PreferenceFit, TrainPlan
from ct_retrain.core.rules import learning
from ct_retrain.core.rules.mix import shuffled

_PAIRS_A_STEP = 16
"""Pairs per optimizer step, where there are enough of them for `_STEPS` steps."""
_STEPS = 30
"""Optimizer steps below which a step reads fewer pairs."""
_KTO_BATCH = 4
"""Answers per micro-batch of KTO, over which it estimates its KL term; DPO takes one pair."""


Rows: TypeAlias = list[dict[str, list[int]]]
"""Rows with `prompt_ids`, `chosen_ids` and `rejected_ids`."""


class Pairs(NamedTuple):
    """The tokenised pairs that fit, and the others."""

    rows: Rows
    too_long: tuple[Rejected, ...]

    @property
    def tokens(self) -> int:
        """Tokens of one pass: of a pair, its question with either answer."""
        return sum(
            2 * len(one["prompt_ids"]) + len(one["chosen_ids"]) + len(one["rejected_ids"])
            for one in self.rows
        )


def tokenised(plan: TrainPlan, tokenizer: Any) -> Pairs:
    """Tokenise the plan's pairs; raise if the file is not the plan's, or no pair fits."""
    path = _mixture.unchanged(plan.preferences, plan.preferences_sha256)
    chat = Chat(tokenizer, plan.chat)
    limit = min(plan.hyperparameters.max_length, _mixture.window(chat))
    rows: Rows = []
    too_long: list[Rejected] = []
    for number, pair in enumerate(disk.read_lines(path, Preference), 1):
        prompt, chosen = chat.pair(pair.prompt, pair.chosen)
        rejected = chat.pair(pair.prompt, pair.rejected)[1]
        length = len(prompt) + max(len(chosen), len(rejected))
        if length > limit:
            too_long.append(_mixture.oversized(f"{path.name}:{number}", length, limit))
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
    learned = {name: one.data for name, one in model.named_parameters() if one.requires_grad}
    trainer = _METHODS[knobs.preference_loss](model, tokenizer, knobs, pairs.rows, checkpoints)
    _trainer_setup.prepare_trainer(trainer)
    # What it has cast and cast back has lost what the mixture taught it beyond eight bits of mantissa.
    for name, one in trainer.model.named_parameters():
        if name in learned:
            one.data = learned[name]
    log = _training_log.TrainingLog("train: preference steps", began - spent, _diverged)
    trainer.add_callback(_training_log.recorder(log, _ranks.joined()))
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if _REFERENCE in trainer.model.peft_config:
        trainer.model.delete_adapter(_REFERENCE)
    history = trainer.state.log_history
    accuracies = [float(entry[_ACCURACY]) for entry in history if _ACCURACY in entry]
    return PreferenceFit(
        loss=knobs.preference_loss,
        pairs=len(pairs.rows),
        skipped=len(pairs.too_long),
        tokens=round(pairs.tokens * trainer.state.epoch),
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
    arguments = _arguments(
        "DPOConfig",
        knobs,
        checkpoints,
        loss_type=["sigmoid", "sft"] if knobs.preference_nll else ["sigmoid"],
        loss_weights=[1.0, knobs.preference_nll] if knobs.preference_nll else None,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=_pairs_a_step(knobs, len(rows)),
    )
    return _taking_tokens("DPOTrainer")(
        model=model, args=arguments, train_dataset=_dataset(rows), processing_class=tokenizer
    )


def _kto(model: Any, tokenizer: Any, knobs: Hyperparameters, rows: Rows, checkpoints: Path) -> Any:
    """TRL's trainer of KTO, to which every pair is one wanted and one unwanted answer; it reads them in their order."""
    arguments = _arguments(
        "KTOConfig",
        knobs,
        checkpoints,
        per_device_train_batch_size=_KTO_BATCH,
        gradient_accumulation_steps=max(1, 2 * _pairs_a_step(knobs, len(rows)) // _KTO_BATCH),
    )
    return _taking_tokens("KTOTrainer")(
        model=model,
        args=arguments,
        train_dataset=_dataset(_unpaired(shuffled(rows, knobs.seed))),
        processing_class=tokenizer,
    )


def _orpo(model: Any, tokenizer: Any, knobs: Hyperparameters, rows: Rows, checkpoints: Path) -> Any:
    """TRL's trainer of ORPO, which compares the odds of both answers; its likelihood term counts the question, too."""
    arguments = _arguments(
        "ORPOConfig",
        knobs,
        checkpoints,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=_pairs_a_step(knobs, len(rows)),
        remove_unused_columns=False,
    )
    return _taking_tokens("ORPOTrainer")(
        model=model,
        args=arguments,
        train_dataset=_dataset([_sequences(row) for row in rows]),
        processing_class=tokenizer,
    )


def _sequences(row: dict[str, list[int]]) -> dict[str, Any]:
    """Return the columns that ORPO reads: each answer behind its question, which has no labels."""
    asked, found = row["prompt_ids"], dict[str, Any]()
    for side in ("chosen", "rejected"):
        whole = asked + row[f"{side}_ids"]
        found[f"{side}_input_ids"] = whole
        found[f"{side}_attention_mask"] = [1] * len(whole)
        found[f"{side}_labels"] = [-100] * len(asked) + row[f"{side}_ids"]
    return found


_METHODS: dict[str, Callable[[Any, Any, Hyperparameters, Rows, Path], Any]] = {
    "dpo": _dpo,
    "kto": _kto,
    "orpo": _orpo,
}


def _arguments(config: str, knobs: Hyperparameters, checkpoints: Path, **own: Any) -> Any:
    """Arguments of all; the learning rate falls linearly from its peak, so that the first step trains too."""
    return _trainer_setup.arguments(
        config,
        knobs,
        checkpoints,
        num_train_epochs=knobs.preference_passes,
        learning_rate=knobs.preference_learning_rate,
        lr_scheduler_type="linear",
        beta=knobs.preference_beta,
        logging_steps=1,
        **own,
    )


def _pairs_a_step(knobs: Hyperparameters, pairs: int) -> int:
    return max(1, min(_PAIRS_A_STEP, round(pairs * knobs.preference_passes / _STEPS)))


def _dataset(rows: list[dict[str, Any]]) -> Any:
    return _modelling.library("datasets").Dataset.from_list(rows)


def _unpaired(rows: Rows) -> list[dict[str, Any]]:
    """Return two rows a pair; `KL_completion_ids` of each are an answer to another question, if there is one."""
    answers: list[dict[str, Any]] = [
        {"prompt_ids": row["prompt_ids"], "completion_ids": row[side], "label": side == "chosen_ids"}
        for row in rows
        for side in ("chosen_ids", "rejected_ids")
    ]
    for number, answer in enumerate(answers):
        before = (answers[number - back] for back in range(2, len(answers)))
        other = next(
            (one for one in before if one["prompt_ids"] != answer["prompt_ids"]), answers[number - 2]
        )
        answer["KL_completion_ids"] = other["completion_ids"]
    return answers


def _taking_tokens(name: str) -> Any:
    """Return a subclass of TRL's trainer *name* that takes rows as tokens: it would render the questions anew."""
    base = _trainer_setup.of_trl(name)

    def unchanged(_self: Any, given: Any, *_more: Any, **_named: Any) -> Any:
        return given

    return type(name, (base,), {"_prepare_dataset": unchanged, "tokenize_row": unchanged})


def _diverged(losses: Sequence[LossPoint]) -> str:
    reason = learning.diverged(losses)
    return reason and f"learning from wrong answers: {reason}"
