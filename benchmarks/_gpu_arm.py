"""One measurement of `gpu.py`, in a process of its own: `python benchmarks/_gpu_arm.py ARM DIRECTORY RESULT.json`.

DIRECTORY holds `plan.json` and gets what the training leaves; a training that was interrupted there goes on.
"""

import itertools
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from ct_retrain import disk
from ct_retrain.adapters import _machine, _mixture, _modelling, qlora
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.core.records.problem import Prompt, Sampling
from ct_retrain.core.records.training import TrainPlan

Found = dict[str, Any]
SMALL_CARD = int(23.5 * 2**30)
"""Bytes that a process can get on a card sold with 24 GB."""


class Clock:
    """The end of every step: seconds, and tokens until then."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, int]] = []

    def callback(self, trainer: Any) -> Any:
        """Watch *trainer*."""
        import torch
        from transformers import TrainerCallback

        watch: Any = TrainerCallback()

        def mark(_arguments: Any, state: Any, _control: Any, **_more: Any) -> None:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            self.marks.append((time.perf_counter(), int(state.num_input_tokens_seen)))

        watch.on_step_end = mark
        trainer.add_callback(watch)
        return trainer

    def found(self) -> Found:
        """Tokens a second and seconds a step, without the first, which warms up; peak memory in GiB."""
        import torch

        cuda = torch.cuda.is_available()
        (began, before), (ended, after) = self.marks[0], self.marks[-1]
        steps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(self.marks)]
        return {
            "tokens_a_second": (after - before) / (ended - began),
            "seconds_a_step": median(steps),
            "peak_gib": torch.cuda.max_memory_allocated() / 2**30 if cuda else None,
            "reserved_gib": torch.cuda.max_memory_reserved() / 2**30 if cuda else None,
        }


def ours(plan: TrainPlan, out: Path, *, selective: bool = False) -> Found:
    """The built-in trainer; *selective* recomputes every second layer only."""
    clock, train = Clock(), vars(qlora)["_train"]

    def watched(trainer: Any, *rest: Any) -> Any:
        if selective:
            trainer.train = _sparing_half(trainer)
        return train(clock.callback(trainer), *rest)

    setattr(qlora, "_train", watched)  # noqa: B010 - the product needs no hook for a clock of ours
    fit = qlora.InProcessTrainer().fit(plan, out)
    losses = [point.loss for point in fit.losses]
    return {**clock.found(), "losses": losses, "steps": fit.steps, "versions": fit.versions}


def _sparing_half(trainer: Any) -> Any:
    """`trainer.train` with gradient checkpointing on every second layer; it is switched on just before."""
    from transformers import TrainerCallback

    half: Any = TrainerCallback()

    def begin(_arguments: Any, _state: Any, _control: Any, model: Any, **_more: Any) -> None:
        layers = [
            one
            for one in model.modules()
            if hasattr(one, "gradient_checkpointing") and hasattr(one, "self_attn")
        ]
        for layer in layers[::2]:
            layer.gradient_checkpointing = False

    half.on_train_begin = begin
    trainer.add_callback(half)
    return trainer.train


def plain_trl(plan: TrainPlan, out: Path, *, defaults: bool = False) -> Found:
    """TRL's own trainer on the same rows, steps and LoRA matrices; *defaults* leaves it packing and checkpointing."""
    import peft
    import torch
    import transformers
    import trl
    from datasets import Dataset

    knobs, cuda = _machine.decided(plan.hyperparameters), torch.cuda.is_available()
    kind = torch.bfloat16 if cuda else torch.float32
    quantized: Any = transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=kind,
    )
    turns = [
        {"prompt": [{"role": "user", "content": row["prompt"]}],
         "completion": [{"role": "assistant", "content": row["completion"]}]}
        for row in map(json.loads, Path(plan.mixture).read_text().splitlines())
    ]  # fmt: skip
    model = transformers.AutoModelForCausalLM.from_pretrained(
        plan.base, dtype=kind, quantization_config=quantized, device_map={"": 0 if cuda else "cpu"}
    )
    if transformers.utils.is_flash_attn_2_available() and cuda:
        model.set_attn_implementation("flash_attention_2")
    same: dict[str, Any] = {
        "packing": knobs.packing, "gradient_checkpointing": knobs.gradient_checkpointing
    }  # fmt: skip
    trainer = trl.SFTTrainer(
        model=model,
        processing_class=transformers.AutoTokenizer.from_pretrained(plan.base),
        train_dataset=Dataset.from_list(turns),
        peft_config=peft.LoraConfig(
            r=knobs.rank, lora_alpha=knobs.alpha, target_modules="all-linear", task_type="CAUSAL_LM"
        ),
        args=trl.SFTConfig(
            output_dir=str(out), max_steps=knobs.max_steps, per_device_train_batch_size=knobs.batch_size,
            gradient_accumulation_steps=knobs.accumulation, learning_rate=knobs.learning_rate,
            max_length=knobs.max_length, bf16=cuda, use_cpu=not cuda, report_to="none", save_strategy="no",
            disable_tqdm=True, **({} if defaults else same),
            include_num_input_tokens_seen="non_padding" if defaults or not knobs.packing else "all",
        ),
    )  # fmt: skip
    clock = Clock()
    clock.callback(trainer).train()
    return {**clock.found(), "versions": qlora._choices(trainer)}  # noqa: SLF001


def limit() -> Found:
    """What a bfloat16 matrix product of 8192 × 8192 × 8192 random numbers reaches here, in TFLOP/s."""
    import torch

    cuda = torch.cuda.is_available()
    edge, device = (8192, "cuda") if cuda else (512, "cpu")
    one, other = (torch.randn(edge, edge, device=device, dtype=torch.bfloat16) for _ in range(2))
    seconds = []
    for _ in range(30):
        began = time.perf_counter()
        one @ other
        if cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - began)
    return {"tflops": 2 * edge**3 / median(seconds) / 1e12}


def ballast(directory: Path) -> None:
    """Hold all of the GPU's memory but what a card of 24 GB has, until standard input ends."""
    import torch

    free, _ = torch.cuda.mem_get_info()
    held = [torch.empty(max(0, free - SMALL_CARD), dtype=torch.uint8, device="cuda")]
    disk.write_text(directory / "ballast", str(torch.cuda.mem_get_info()[0]))
    sys.stdin.read()
    del held


def gradient(plan: TrainPlan, out: Path) -> Found:
    """Cosine between the gradient on the NF4 base and that on the same base, dequantised."""
    import torch
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit

    knobs = _machine.decided(plan.hyperparameters)
    with _modelling.quietly(download=False):
        directory = Path(plan.base)
        tokenizer = _modelling.load_tokenizer(directory)
        made_of = qlora._Ingredients(directory, tokenizer, _mixture.tokenised(plan, tokenizer))  # noqa: SLF001
        trainer, _ = qlora._trainer(knobs, out, made_of)  # noqa: SLF001
    model = trainer.model.train()
    torch.manual_seed(0)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in trained:  # B begins at 0, where nearly every gradient is 0
        weight.data += 0.01 * torch.randn_like(weight)
    batch = {
        name: value.to(model.device) if hasattr(value, "to") else value
        for name, value in next(iter(trainer.get_train_dataloader())).items()
    }

    def flat() -> Any:
        model.zero_grad()
        with torch.autocast(model.device.type, torch.bfloat16, enabled=knobs.dtype == "bfloat16"):
            loss = model(**batch, use_cache=False).loss
        loss.backward()
        return torch.cat([one.grad.flatten().float() for one in trained])

    found = flat()
    quantized = [(path, one) for path, one in model.named_modules() if isinstance(one, Linear4bit)]
    for path, layer in quantized:
        whole = dequantize_4bit(layer.weight.data, layer.weight.quant_state).to(getattr(torch, knobs.dtype))
        plain = torch.nn.Linear(layer.in_features, layer.out_features, layer.bias is not None, "meta")
        plain.weight = torch.nn.Parameter(whole, requires_grad=False)
        plain.bias = layer.bias
        model.set_submodule(path, plain)
    truth = flat()
    return {
        "layers": len(quantized),
        "cosine": float(torch.nn.functional.cosine_similarity(found, truth, dim=0)),
        "norm_ratio": float(found.norm() / truth.norm()),
    }


def generation(plan: TrainPlan, out: Path) -> Found:
    """Tokens a second of the benchmark's own generator, 64 answers side by side, with the adapter in *out*, and of
    transformers' `generate` on the same model and prompts.
    """
    import torch

    tokens = 256 if plan.hyperparameters.max_length > 512 else 16
    sampling = Sampling(samples=8, temperature=0.6, top_p=0.95, max_new_tokens=tokens, seed=0)
    prompts = [Prompt(id=str(number), text=f"Write a counter of {number} bits") for number in range(8)]
    generators = TransformersGenerators(plan.base, 64)
    arm = generators.open(out / "adapter")
    list(arm.generate(prompts[:1], sampling.model_copy(update={"samples": 1, "max_new_tokens": 16})))
    began = time.perf_counter()
    drawn = list(arm.generate(prompts, sampling))
    ours_speed = sum(one.tokens for one in drawn) / (time.perf_counter() - began)
    model, tokenizer = generators.model(out / "adapter"), generators.chat.tokenizer
    asked = [generators.chat.prompt_ids(one.text) for one in prompts for _ in range(sampling.samples)]
    batch = tokenizer.pad({"input_ids": asked}, padding_side="left", return_tensors="pt").to(model.device)
    began = time.perf_counter()
    with torch.inference_mode():
        texts = model.generate(
            **batch, do_sample=True, temperature=0.6, top_p=0.95, top_k=0, max_new_tokens=tokens,
            eos_token_id=sorted(generators.stops),
        )  # fmt: skip
    made = (texts[:, batch["input_ids"].shape[1] :] != tokenizer.pad_token_id).sum().item()
    theirs = made / (time.perf_counter() - began)
    return {
        "answers": len(drawn), "tokens_a_second": ours_speed, "generate_of_transformers": theirs,
        "ratio": ours_speed / theirs,
    }  # fmt: skip


def _without_flash() -> None:
    import transformers

    setattr(transformers.utils, "is_flash_attn_2_available", lambda: False)  # noqa: B010


def main() -> None:
    arm, directory, result = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if arm == "ballast":
        ballast(directory)
        return
    plan = disk.read_record(directory / "plan.json", TrainPlan)
    if plan.hyperparameters.packing is False:
        _without_flash()
    match arm:
        case "limit":
            found = limit()
        case "trl" | "trl-defaults":
            found = plain_trl(plan, directory / "trl", defaults=arm != "trl")
        case "gradient":
            found = gradient(plan, directory)
        case "generation":
            found = generation(plan, directory)
        case _:
            found = ours(plan, directory, selective=arm == "selective")
    disk.write_text(result, json.dumps(found))


if __name__ == "__main__":
    main()
