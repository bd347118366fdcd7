"""The built-in trainer: QLoRA with TRL, PEFT and bitsandbytes, on one CUDA device or on the CPU.

Promises: the answer and its end-of-turn token are learned, the question is not; on a CPU the same plan gives the
same adapter, byte for byte, also when the fit was interrupted and called again on the same directory; the adapter
loads with plain `peft` and names no place of this machine but the base as the plan gave it. Rows are packed only
where the model was seen to keep packed documents apart; else they are padded, and `Fit.versions["packing"]` says
so. Not covered: several devices (run your own script, see `adapters.command`).
"""

import contextlib
import json
import logging
import math
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain import disk
from ct_retrain.adapters import _checkpoints, _machine, _mixture, _modelling
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.progress import Pace
from ct_retrain.core.record import Tool
from ct_retrain.core.training import TOO_LONG, Fit, Hyperparameters, LossPoint, TrainPlan

_CPU_PARAMETERS = 2_000_000_000
"""A base above this is refused without a GPU: one step of a 7B model takes minutes on a CPU."""
_CURVE = 0.01
"""A loss is logged every such share of the steps."""


@dataclass(frozen=True)
class QloraTrainer:
    """Train LoRA matrices on a quantised base."""

    download: bool = False
    """Whether a base that is not on this machine may be fetched."""

    @property
    def tool(self) -> Tool:
        """Libraries and device."""
        found = _machine.versions()
        detail = ", ".join(f"{name} {number}" for name, number in found.items() if name != "trl")
        return Tool(
            name="qlora",
            version=f"trl {found.get('trl', 'missing')}",
            detail=f"{detail}; {_machine.device_name()}",
        )

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        """Train as *plan* says and leave a PEFT adapter in `out/adapter`, with `fit.json` and `losses.jsonl`.

        Called again on a directory it was interrupted in, it continues from its last complete checkpoint; called
        again when it had finished, it returns what it did.
        """
        done = _checkpoints.claim(plan, out)
        if done is not None:
            return done
        with _modelling.quietly(download=self.download), _explained(plan.hyperparameters):
            directory = _modelling.base_directory(plan.base, download=self.download)
            _refuse_the_impossible(plan, directory)
            tokenizer = _modelling.load_tokenizer(directory)
            tokens = _mixture.tokenised(plan, tokenizer)
            disk.write_lines(out / TOO_LONG, iter(tokens.too_long))
            trainer, epochs = _trainer(plan.hyperparameters, out, _Ingredients(directory, tokenizer, tokens))
            fit = _train(trainer, out, tokens).model_copy(update={"epochs": epochs})
            _save(trainer.model, out / "adapter", plan.base)
        _checkpoints.finish(out, fit)
        return fit


@dataclass(frozen=True)
class _Ingredients:
    base: Path
    tokenizer: Any
    tokens: _mixture.Tokens


def _trainer(knobs: Hyperparameters, out: Path, made_of: _Ingredients) -> tuple[Any, float]:
    """A TRL trainer that is ready to start, and the epochs it will train."""
    trl, transformers = _modelling.library("trl"), _modelling.library("transformers")
    transformers.set_seed(knobs.seed)
    model = _base(knobs, made_of.base)
    reading = _reading(knobs, model, made_of)
    trainer = trl.SFTTrainer(
        model=model,
        args=_arguments(knobs, out / "checkpoints", packed=reading.packed),
        train_dataset=reading.rows,
        processing_class=made_of.tokenizer,
        peft_config=_lora(knobs),
    )
    # TRL casts the LoRA matrices of quantised models to bfloat16: slow and noisy on a CPU, and with eight bits of
    # mantissa a small learning rate rounds away. PEFT's own default is float32, autocast or not.
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer, reading.epochs


class _Reading(NamedTuple):
    """The rows in the order they are read, and how often that goes through all of them."""

    rows: Any
    epochs: float
    packed: bool


def _reading(knobs: Hyperparameters, model: Any, made_of: _Ingredients) -> _Reading:
    packed = knobs.packing and _mixture.keeps_documents_apart(model, len(made_of.tokenizer))
    if knobs.packing and not packed:
        logging.getLogger(__name__).warning(
            "this model does not keep packed documents apart: padding instead"
        )
    rows = _mixture.sequences(made_of.tokens, pack_to=knobs.max_length if packed else None)
    lengths = [len(ids) for ids in rows["input_ids"]]
    step = knobs.batch_size * knobs.accumulation
    total = knobs.max_steps * step if knobs.max_steps else math.ceil(knobs.epochs * len(rows))
    order = _mixture.reading_order(lengths, total, knobs.batch_size, knobs.seed)
    return _Reading(rows.select(order), total / len(rows), packed)


def _base(knobs: Hyperparameters, directory: Path) -> Any:
    torch, transformers = _modelling.library("torch"), _modelling.library("transformers")
    cuda = torch.cuda.is_available()
    flash = cuda and knobs.dtype == "bfloat16" and transformers.utils.is_flash_attn_2_available()
    options: dict[str, Any] = {
        "dtype": getattr(torch, knobs.dtype),
        "device_map": {"": 0 if cuda else "cpu"},
        "attn_implementation": "flash_attention_2" if flash else "sdpa",
    }
    if knobs.quantization == "nf4":
        options["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=getattr(torch, knobs.dtype),
        )
    return _modelling.load_model(directory, options)


def _lora(knobs: Hyperparameters) -> Any:
    names = [name.strip() for name in knobs.targets.split(",") if name.strip()]
    return _modelling.library("peft").LoraConfig(
        r=knobs.rank,
        lora_alpha=knobs.alpha,
        lora_dropout=knobs.dropout,
        target_modules=names[0] if names == ["all-linear"] else names,
        task_type="CAUSAL_LM",
    )


def _arguments(knobs: Hyperparameters, checkpoints: Path, *, packed: bool) -> Any:
    """The plan's knobs under TRL's names; nothing is reported, printed or sent anywhere."""
    cuda = _modelling.library("torch").cuda.is_available()
    arguments: Any = _modelling.library("trl").SFTConfig(
        output_dir=str(checkpoints),
        num_train_epochs=1,
        train_sampling_strategy="sequential",
        per_device_train_batch_size=knobs.batch_size,
        gradient_accumulation_steps=knobs.accumulation,
        learning_rate=knobs.learning_rate,
        lr_scheduler_type=knobs.schedule,
        warmup_steps=knobs.warmup_ratio,
        weight_decay=knobs.weight_decay,
        optim="adamw_torch_fused",
        seed=knobs.seed,
        max_length=knobs.max_length,
        packing=packed,
        dataset_kwargs={"skip_prepare_dataset": True},
        bf16=cuda and knobs.dtype == "bfloat16",
        use_cpu=not cuda,
        gradient_checkpointing=knobs.gradient_checkpointing,
        save_steps=knobs.checkpoint_steps,
        save_total_limit=2,
        logging_steps=_CURVE,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="all" if packed else "non_padding",
        dataloader_pin_memory=cuda,
        report_to="none",
        disable_tqdm=True,
    )
    if arguments.n_gpu > 1:
        # One device is what the base was loaded on; TRL refuses to wrap it for all that are visible.
        arguments._n_gpu = 1  # noqa: SLF001  # there is no public way
    return arguments


def _train(trainer: Any, out: Path, tokens: _mixture.Tokens) -> Fit:
    """Run *trainer* from its last checkpoint on, and tell what it did."""
    checkpoint, spent = _checkpoints.newest(out / "checkpoints")
    began = time.monotonic() - spent
    knobs = trainer.args
    step = knobs.per_device_train_batch_size * knobs.gradient_accumulation_steps
    pace = Pace("train: steps", math.ceil(len(trainer.train_dataset) / step))
    trainer.add_callback(_recorder(out, began, pace))
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    state = trainer.state
    pace.end(state.global_step)
    return Fit(
        steps=state.global_step,
        epochs=float(state.epoch or 0.0),
        examples=len(tokens.rows),
        skipped=tokens.skipped,
        tokens=int(state.num_input_tokens_seen),
        seconds=time.monotonic() - began,
        peak_memory=_machine.peak_memory(),
        device=_machine.device_name(),
        losses=_losses(state.log_history),
        versions={**_machine.versions(), **_choices(trainer)},
    )


def _recorder(out: Path, began: float, pace: Pace) -> Any:
    """Keeps the losses and seals the checkpoints of a training that *began* then, and says how far it is."""
    recorder: Any = _modelling.library("transformers").TrainerCallback()

    def on_log(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        losses = _losses(state.log_history)
        _checkpoints.write_losses(out, losses)
        if losses and not math.isfinite(losses[-1].loss):
            raise ToolError(
                f"the loss became {losses[-1].loss} at step {losses[-1].step}: training diverged; lower "
                "train.hyperparameters.learning_rate, or look for broken rows in the mixture"
            )

    def on_save(arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        directory = Path(arguments.output_dir) / f"checkpoint-{state.global_step}"
        _checkpoints.seal(directory, state.global_step, time.monotonic() - began)

    def on_step_end(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
        pace.reach(state.global_step)

    recorder.on_log, recorder.on_save, recorder.on_step_end = on_log, on_save, on_step_end
    return recorder


def _save(model: Any, directory: Path, base: str) -> None:
    """Leave the adapter alone in *directory*: no model card, and a configuration that does not vary with hash seeds."""
    disk.fresh_directory(directory)
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(directory, save_embedding_layers=False)
    (directory / "README.md").unlink(missing_ok=True)
    path = directory / "adapter_config.json"
    config: dict[str, Any] = json.loads(path.read_text())
    if isinstance(config["target_modules"], list):
        config["target_modules"] = sorted(config["target_modules"])
    disk.write_text(path, json.dumps(config, indent=2, sort_keys=True) + "\n")


def _refuse_the_impossible(plan: TrainPlan, base: Path) -> None:
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


@contextlib.contextmanager
def _explained(knobs: Hyperparameters) -> Generator[None]:
    """Turn running out of memory into one ToolError that says which knobs help."""
    torch = _modelling.library("torch")
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # The CPU allocator raises a bare RuntimeError; only its words tell.
        if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error):
            raise ToolError(
                f"out of memory on {_machine.device_name()} with batch_size {knobs.batch_size} and max_length "
                f"{knobs.max_length}: lower train.hyperparameters.batch_size (and raise accumulation to match), or "
                "max_length, or keep quantization nf4 and gradient_checkpointing on"
            ) from error
        raise


def _losses(history: list[dict[str, Any]]) -> tuple[LossPoint, ...]:
    return tuple(
        LossPoint(
            step=int(entry["step"]), loss=float(entry["loss"]), learning_rate=float(entry["learning_rate"])
        )
        for entry in history
        if "loss" in entry
    )


def _choices(trainer: Any) -> dict[str, str]:
    """What was decided here and not by the plan."""
    model = trainer.model.get_base_model()
    return {
        "attention": str(model.config._attn_implementation),  # noqa: SLF001  # there is no public getter
        "packing": "documents kept apart by position ids"
        if trainer.args.packing
        else "none, rows are padded",
    }
