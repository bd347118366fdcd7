"""Tokens a CPU-second of training: ct-retrain beside a plain TRL + PEFT script and bare torch + PEFT loops.

    python benchmarks/training.py [--smollm2] [--steps 30] [--rounds 3] [--arms ours,trl]

Every arm trains the same rows on one thread, with the same rank, batch and optimizer. The arms take turns in every
round, and the best round counts: what else runs on the machine only ever slows an arm down. Start-up and the first
steps are not counted, as an arm is timed from its fifth step on. Ratios are to the standard loop. `--smollm2` trains SmolLM2-135M (see `real_model.py`) instead of the embedded model.
"""

import argparse
import sys
import tempfile
import time
import warnings
from pathlib import Path
from random import Random
from typing import Any

import ct_retrain.demo
from ct_retrain import disk
from ct_retrain.core.records.training import Hyperparameters, Row, TrainPlan
from ct_retrain.core.rules import reading_order
from ct_retrain.core.rules.reading_order import Origin
from ct_retrain.demo.families import mastered_families, missing_families, sample

EMBEDDED = Path(ct_retrain.demo.__file__).parent / "model"
RANK, ALPHA, RATE, LONGEST = 16, 32, 2e-3, 512
WARM = 5
ARMS = {
    "ct-retrain": "ours",
    "ct-retrain, packed": "packed",
    "ct-retrain, gradient checkpointing": "checkpointing",
    "ct-retrain, NF4": "nf4",
    "TRL + PEFT, as in TRL's examples": "trl",
    "torch + PEFT, standard loop": "loop",
    "torch + PEFT, labelled positions only": "answers",
}


class Clock:
    """CPU seconds and tokens from the step *WARM* on."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, int]] = []

    def mark(self, tokens: int) -> None:
        self.marks.append((time.process_time(), tokens))

    def rate(self) -> float:
        (began, before), (ended, after) = self.marks[WARM - 1], self.marks[-1]
        return (after - before) / (ended - began)


def callback(clock: Clock) -> Any:
    """Marks the end of every step of a transformers Trainer."""
    from transformers import TrainerCallback

    watch: Any = TrainerCallback()
    watch.on_step_end = lambda _arguments, state, _control, **_more: clock.mark(state.num_input_tokens_seen)
    return watch


def ours(work: "Work", **changes: Any) -> float:
    from ct_retrain.adapters import qlora

    knobs = {
        "max_steps": work.steps, "batch_size": work.batch, "accumulation": 1, "learning_rate": RATE, "rank": RANK,
        "alpha": ALPHA, "max_length": LONGEST, "quantization": "none", "dtype": "float32", "checkpoint_steps": 10_000,
        **changes,
    }  # fmt: skip
    plan = TrainPlan(
        base=str(work.model), mixture=str(work.rows), mixture_sha256=disk.sha256_of(work.rows), rows=len(work.lines),
        hyperparameters=Hyperparameters(**knobs),
    )  # fmt: skip
    clock = Clock()
    train: Any = vars(qlora)["_train"]

    def watched(trainer: Any, *rest: Any) -> Any:
        trainer.add_callback(callback(clock))
        return train(trainer, *rest)

    setattr(qlora, "_train", watched)  # noqa: B010 - the product needs no hook for a clock of ours
    try:
        qlora.InProcessTrainer().fit(plan, work.scratch / "fit")
    finally:
        setattr(qlora, "_train", train)  # noqa: B010 - as above
    return clock.rate()


def packed(work: "Work") -> float:
    # A packed sequence holds about four of these rows.
    return ours(work.of(max(work.batch // 4, 1)), packing=True)


def trl(work: "Work") -> float:
    import torch
    import trl as library
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    turns = [
        {"prompt": [{"role": "user", "content": row.prompt}],
         "completion": [{"role": "assistant", "content": row.completion}]}
        for row in work.lines
    ]  # fmt: skip
    clock = Clock()
    trainer = library.SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(work.model, dtype=torch.float32),
        processing_class=AutoTokenizer.from_pretrained(work.model),
        train_dataset=Dataset.from_list(turns),
        callbacks=[callback(clock)],
        peft_config=lora(),
        args=library.SFTConfig(
            output_dir=str(work.scratch), max_steps=work.steps, per_device_train_batch_size=work.batch,
            learning_rate=RATE, max_length=LONGEST, gradient_checkpointing=False, bf16=False, use_cpu=True,
            report_to="none", save_strategy="no", disable_tqdm=True, logging_steps=work.steps,
            include_num_input_tokens_seen="non_padding",
        ),
    )  # fmt: skip
    trainer.train()
    return clock.rate()


def lora() -> Any:
    import peft

    return peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM")


def loop(work: "Work", *, answers_only: bool = False) -> float:
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(work.model, dtype=torch.float32)
    model = peft.get_peft_model(model, lora()).train()
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0, fused=True)
    clock, tokens = Clock(), 0
    for ids, labels, mask in work.batches():
        if answers_only:
            hidden = model.base_model.model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
            learned = labels[:, 1:] != -100
            logits = model.base_model.model.lm_head(hidden[learned])
            loss = torch.nn.functional.cross_entropy(logits, labels[:, 1:][learned])
        else:
            loss = model(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += int(mask.sum())
        clock.mark(tokens)
    return clock.rate()


class Work:
    """What every arm trains: a model, rows, and how many of them."""

    def __init__(self, model: Path, steps: int, batch: int, scratch: Path) -> None:
        self.model, self.steps, self.batch, self.scratch = model, steps, batch, scratch
        dice = Random(0)
        families = [*mastered_families(), *missing_families()]
        tasks = [sample(families, dice, "train") for _ in range(400)]
        self.lines = [Row(prompt=task.instruction, completion=task.rtl, source="gold") for task in tasks]
        self.rows = scratch / "rows.jsonl"
        disk.write_lines(self.rows, iter(self.lines))

    def of(self, batch: int) -> "Work":
        return Work(self.model, self.steps, batch, self.scratch)

    def batches(self) -> Any:
        """The batches of ct-retrain, in its order: ids, labels, attention mask."""
        import torch

        from ct_retrain.adapters import _mixture, _modelling

        tokenizer = _modelling.load_tokenizer(self.model)
        plan = TrainPlan(
            base="", mixture=str(self.rows), mixture_sha256=disk.sha256_of(self.rows), rows=len(self.lines),
            hyperparameters=Hyperparameters(max_length=LONGEST),
        )  # fmt: skip
        rows = _mixture.tokenised(plan, tokenizer).rows
        lengths = [len(row["input_ids"]) for row in rows]
        read = reading_order.order([Origin("rows")] * len(rows), {"rows": self.steps * self.batch}, 0)
        order = reading_order.batched(read, lengths, self.batch, 0)
        for start in range(0, len(order), self.batch):
            batch = [rows[index] for index in order[start : start + self.batch]]
            width = max(len(row["input_ids"]) for row in batch)
            pads = [width - len(row["input_ids"]) for row in batch]
            yield (
                torch.tensor([row["input_ids"] + [0] * pad for row, pad in zip(batch, pads, strict=True)]),
                torch.tensor([row["labels"] + [-100] * pad for row, pad in zip(batch, pads, strict=True)]),
                torch.tensor([[1] * (width - pad) + [0] * pad for pad in pads]),
            )


RUN = {
    "ours": ours,
    "packed": packed,
    "checkpointing": lambda work: ours(work, gradient_checkpointing=True),
    "nf4": lambda work: ours(work, quantization="nf4"),
    "trl": trl,
    "loop": loop,
    "answers": lambda work: loop(work, answers_only=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--smollm2", action="store_true")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--arms", default=",".join(RUN))
    given = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    arms = {name: arm for name, arm in ARMS.items() if arm in given.arms.split(",")}
    best = dict.fromkeys(arms, 0.0)
    steps, batch = given.steps or (12 if given.smollm2 else 40), given.batch or (4 if given.smollm2 else 16)
    with tempfile.TemporaryDirectory() as scratch:
        model = _smollm2(Path(scratch)) if given.smollm2 else EMBEDDED
        for number in range(given.rounds):
            for name, arm in arms.items():
                place = Path(scratch) / f"{number}-{arm}"
                place.mkdir()
                rate = RUN[arm](Work(model, steps, batch, place))
                print(f"round {number + 1}: {name}: {rate:,.0f}", file=sys.stderr, flush=True)
                best[name] = max(best[name], rate)
    standard = best.get("torch + PEFT, standard loop") or max(best.values())
    title = "SmolLM2-135M" if given.smollm2 else "embedded model"
    print(f"| {title}, {batch} rows a step | tokens a CPU-second | × standard loop |")
    print("|---|---|---|")
    for name, rate in best.items():
        print(f"| {name} | {rate:,.0f} | {rate / standard:.2f} |")


def _smollm2(directory: Path) -> Path:
    from real_model import make_base

    return make_base(directory / "smollm2")


if __name__ == "__main__":
    main()
