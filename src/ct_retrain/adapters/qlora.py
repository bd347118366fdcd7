"""The built-in trainer: QLoRA with TRL, PEFT and bitsandbytes, on CUDA devices of one machine or on the CPU.

- Training runs in a process of its own, so that all its memory is free afterwards.
- The answer and its end-of-turn token are trained, the question is not.
- On a CPU the same plan gives the same adapter, byte for byte, also after an interruption and a second call.
- Several devices read each step together, so that the plan's steps, rows and learning rates stay as they are;
  sums are then rounded in another order, and dropout draws from other streams.
- The adapter loads with plain `peft` and contains no path of this machine except the base as the plan gives
  it.
- Rows are packed only if a test shows that the model keeps packed documents apart; else they are padded, and
  `Fit.versions["packing"]` says so.

Not covered: a base that does not fit into each device's memory (run your own script, see `adapters.command`).
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ct_retrain import disk
from ct_retrain.adapters import (
    _answer_loss,
    _base_model,
    _checkpoints,
    _machine,
    _memory,
    _mixture,
    _modelling,
    _preference_phase,
    _ranks,
    _schedule,
    _trainer_setup,
    _training_log,
    _training_process,
)
from ct_retrain.adapters._loss_curve import losses_of
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Rejected, Tool
from ct_retrain.core.records.training import (
    TOO_LONG,
    Fit,
    Hyperparameters,
    Schedule,
    TrainPlan,
)
from ct_retrain.core.rules import learning

_CURVE = 0.01
"""Share of the steps after which a loss is logged."""


@dataclass(frozen=True)
class QloraTrainer:
    """Trains LoRA matrices on a quantised base."""

    download: bool = False
    """Whether a base that is not on this machine may be downloaded."""
    devices: int = 1
    """GPUs of this machine that train together; where there is none, processes on the CPU."""

    @property
    def tool(self) -> Tool:
        """Libraries and device, determined without importing torch into this process."""
        found = _machine.versions()
        detail = ", ".join(f"{name} {number}" for name, number in found.items() if name != "trl")
        return Tool(
            name="qlora",
            version=f"trl {found.get('trl', 'missing')}",
            detail=f"{detail}; {_machine.several(_machine.device_name_asked(), self.devices)}",
        )

    def demand_one_device(self, *, preferences: bool) -> None:
        """Raise UsageError if *preferences* are wanted on several devices."""
        if preferences and self.devices > 1:
            raise UsageError(
                "train.preferences is learned on one device: set train.devices to 1, or train by a command of your own"
            )

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        """Train as *plan* says; leave a PEFT adapter in `out/adapter`, and `fit.json` and `losses.jsonl`.

        Called again after an interruption, it continues from the last complete checkpoint; called again after
        it has finished, it returns the same result. The training process's output goes to `out/trainer.log`.
        """
        self.demand_one_device(preferences=bool(plan.preferences))
        done = _checkpoints.claim(plan, out)
        if done is not None:
            return done
        return _training_process.fit(plan, out, download=self.download, devices=self.devices)


@dataclass(frozen=True)
class InProcessTrainer:
    """The training itself, in this process; `QloraTrainer` runs it in others, one a device."""

    download: bool = False
    spare_memory: bool = False
    """Whether `auto` means gradient checkpointing."""

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        """Train as `QloraTrainer.fit` does, in this process; raise OutOfMemoryError if memory runs out."""
        done = _checkpoints.claim(plan, out)
        if done is not None:
            return done
        with _modelling.quietly(download=self.download), _memory.explained(plan.hyperparameters):
            ranks = _ranks.joined()
            knobs = _machine.decided(plan.hyperparameters, spare_memory=self.spare_memory)
            directory = _modelling.base_directory(plan.base, download=self.download)
            _base_model.require_trainable(plan, directory)
            tokenizer = _modelling.load_tokenizer(directory)
            tokens = _mixture.tokenised(plan, tokenizer)
            pairs = _preference_phase.tokenised(plan, tokenizer) if plan.preferences else None
            trainer, planned = _trainer(knobs, out, _Ingredients(directory, tokenizer, tokens, ranks))
            fit = _train(trainer, out, tokens, ranks).model_copy(
                update={"epochs": planned.epochs, "schedule": planned}
            )
            if pairs:
                preference = _preference_phase.train(trainer.model, tokenizer, knobs, pairs, out)
                peak = _machine.peak_memory()
                fit = fit.model_copy(update={"preference": preference, "peak_memory": peak})
            if ranks.is_main_process:
                _leave_too_long(out, [*tokens.too_long, *(pairs.too_long if pairs else ())])
                _checkpoints.save_adapter(trainer.model, out / "adapter", plan.base)
                _checkpoints.finish(out, fit)
        return fit


@dataclass(frozen=True)
class _Ingredients:
    base: Path
    tokenizer: Any
    tokens: _mixture.Tokens
    ranks: Any = field(default_factory=_ranks.joined)


def _trainer(knobs: Hyperparameters, out: Path, made_of: _Ingredients) -> tuple[Any, Schedule]:
    """Return a TRL trainer that is ready to start, and its schedule."""
    _modelling.library("transformers").set_seed(knobs.seed)
    model = _base_model.load_base_model(knobs, made_of.base, made_of.ranks.local_process_index)
    reading = _reading(knobs, model, made_of)
    trainer = _modelling.library("trl").SFTTrainer(
        model=model,
        args=_arguments(knobs, out / "checkpoints", reading, made_of.ranks.num_processes),
        train_dataset=reading.rows,
        processing_class=made_of.tokenizer,
        peft_config=_base_model.lora(knobs, model),
    )
    _trainer_setup.prepare_trainer(trainer)
    if trainer.model.device.type == "cpu":
        _answer_loss.compute_loss_here(trainer)
    _schedule.follow_schedule(trainer, knobs, reading.schedule)
    return trainer, reading.schedule


def _reading(knobs: Hyperparameters, model: Any, made_of: _Ingredients) -> _schedule.SequenceOrder:
    # In eval mode bitsandbytes repacks NF4 weights on some CPUs for a kernel without a backward pass.
    model.train()
    packed = bool(knobs.packing) and _mixture.keeps_documents_apart(model, len(made_of.tokenizer))
    if knobs.packing and not packed:
        logging.getLogger(__name__).warning(
            "this model does not keep packed documents apart: padding instead"
        )
    return _schedule.lay_out(knobs, made_of.tokens, packed=packed, devices=made_of.ranks.num_processes)


def _arguments(
    knobs: Hyperparameters, checkpoints: Path, reading: _schedule.SequenceOrder, devices: int
) -> Any:
    """Return the plan's hyperparameters under TRL's names."""
    planned, packed = reading.schedule, reading.packed
    return _trainer_setup.arguments(
        "SFTConfig",
        knobs,
        checkpoints,
        num_train_epochs=1,
        train_sampling_strategy="sequential",
        per_device_train_batch_size=planned.batch_size,
        gradient_accumulation_steps=planned.accumulation // devices,
        learning_rate=knobs.learning_rate,
        packing=packed,
        dataset_kwargs={"skip_prepare_dataset": True},
        logging_steps=_CURVE,
        logging_first_step=True,
        include_num_input_tokens_seen="all" if packed else "non_padding",
        ddp_find_unused_parameters=False,
    )


def _train(trainer: Any, out: Path, tokens: _mixture.Tokens, ranks: Any) -> Fit:
    """Run *trainer* from its last checkpoint, and return what it did."""
    with ranks.main_process_first():  # the first removes what is incomplete
        checkpoint, spent = _checkpoints.newest(out / "checkpoints")
    began = time.monotonic() - spent
    log = _training_log.TrainingLog("train: steps", began, learning.stop_reason, out)
    trainer.add_callback(_training_log.recorder(log, ranks))
    _base_model.require_gradients(trainer.model)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    state = trainer.state
    return Fit(
        steps=state.global_step,
        epochs=float(state.epoch or 0.0),
        examples=sum(tokens.lines.values()),
        skipped=tokens.skipped,
        tokens=int(state.num_input_tokens_seen),
        seconds=time.monotonic() - began,
        peak_memory=_ranks.greatest(_machine.peak_memory()),
        device=_machine.several(_machine.device_name(), ranks.num_processes),
        losses=losses_of(state.log_history),
        versions={**_machine.versions(), **_choices(trainer)},
    )


def _leave_too_long(out: Path, too_long: Sequence[Rejected]) -> None:
    (out / TOO_LONG).unlink(missing_ok=True)
    if too_long:
        disk.write_lines(out / TOO_LONG, iter(too_long))


def _choices(trainer: Any) -> dict[str, str]:
    """Return what was decided here rather than by the plan."""
    model = trainer.model.get_base_model()
    return {
        "attention": str(model.config._attn_implementation),  # noqa: SLF001  # there is no public getter
        "packing": "documents kept apart by position ids"
        if trainer.args.packing
        else "none, rows are padded",
        "gradient checkpointing": "on" if trainer.args.gradient_checkpointing else "off",
    }
