"""Trains the embedded model from nothing: batches of tasks by length, Muon for matrices, AdamW for the rest."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from ct_retrain.demo.families import Task, mastered_families, sample

from .blocks import block_families
from .induction import plant_induction

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

IGNORED_LABEL = -100
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BaseRecipe:
    """Everything that decides the weights of the embedded model, apart from the seed."""

    hidden: int = 128
    layers: int = 4
    feed_forward: int = 384
    heads: int = 4
    key_value_heads: int = 2
    positions: int = 1024
    steps: int = 1000
    batch: int = 32
    muon_rate: float = 0.02
    adam_rate: float = 3e-3
    weight_decay: float = 0.01
    warmup: float = 0.03
    decay: float = 0.45
    """Share of the steps at the end over which the rate falls linearly."""
    bucket: int = 8
    """Batches that are sorted by length together."""
    threads: int = 1


@dataclass(frozen=True, slots=True)
class _Encoded:
    prompt: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


def fresh_model(recipe: BaseRecipe, tokenizer: Any, seed: int) -> Any:
    """Initialise the model, copying circuit included."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    model: Any = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=recipe.hidden,
            intermediate_size=recipe.feed_forward,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.key_value_heads,
            max_position_embeddings=recipe.positions,
            tie_word_embeddings=True,
            rope_parameters={"rope_type": "default", "rope_theta": 1e6},
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    plant_induction(model, seed)
    return model


def pretrain(model: Any, tokenizer: Any, recipe: BaseRecipe, seed: int) -> None:
    """Train *model* in place on mastered families and building blocks, never on a held-out value."""
    import torch

    torch.set_num_threads(recipe.threads)
    optimizers = _optimizers(model, recipe)
    model.train()
    for step, batch in enumerate(_batches(tokenizer, recipe, Random(seed))):
        inputs, labels = _padded(batch, tokenizer.pad_token_id)
        loss = model(input_ids=inputs, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, rate in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * _schedule(step, recipe)
            optimizer.step()
            optimizer.zero_grad()
        if (step + 1) % 50 == 0:
            _LOG.info("step %d of %d: loss %.4f", step + 1, recipe.steps, loss.item())
    model.eval()


def _optimizers(model: Any, recipe: BaseRecipe) -> list[tuple[Optimizer, float]]:
    import torch

    matrices = [value for name, value in model.named_parameters() if value.ndim == 2 and "embed" not in name]
    others = [value for name, value in model.named_parameters() if value.ndim != 2 or "embed" in name]
    muon = torch.optim.Muon(matrices, lr=recipe.muon_rate, momentum=0.95, weight_decay=recipe.weight_decay)
    adam = torch.optim.AdamW(others, lr=recipe.adam_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    return [(muon, recipe.muon_rate), (adam, recipe.adam_rate)]


def _schedule(step: int, recipe: BaseRecipe) -> float:
    rise = min(1.0, (step + 1) / max(10.0, recipe.steps * recipe.warmup))
    fall = (recipe.steps - step) / (recipe.steps * recipe.decay)
    return rise * max(0.02, min(1.0, fall))


def _batches(tokenizer: Any, recipe: BaseRecipe, rng: Random) -> Iterator[list[_Encoded]]:
    families = (*mastered_families(), *block_families())
    left = recipe.steps
    while left:
        count = min(left, recipe.bucket)
        tasks = [sample(families, rng, "train") for _ in range(count * recipe.batch)]
        examples = sorted(_encode(tokenizer, tasks), key=len)
        batches = [examples[start : start + recipe.batch] for start in range(0, len(examples), recipe.batch)]
        rng.shuffle(batches)
        yield from batches
        left -= count


def _encode(tokenizer: Any, tasks: Sequence[Task]) -> list[_Encoded]:
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": task.instruction}], tokenize=False, add_generation_prompt=True
        )
        for task in tasks
    ]
    answers = [task.rtl + str(tokenizer.eos_token) for task in tasks]
    ids = [tokenizer(texts, add_special_tokens=False)["input_ids"] for texts in (prompts, answers)]
    return [_Encoded(prompt, answer) for prompt, answer in zip(*ids, strict=True)]


def _padded(batch: Sequence[_Encoded], pad: int) -> tuple[Tensor, Tensor]:
    import torch

    longest = max(len(example) for example in batch)
    inputs = torch.full((len(batch), longest), pad)
    labels = torch.full((len(batch), longest), IGNORED_LABEL)
    for row, example in enumerate(batch):
        inputs[row, : len(example)] = torch.tensor(example.prompt + example.answer)
        labels[row, len(example.prompt) : len(example)] = torch.tensor(example.answer)
    return inputs, labels
