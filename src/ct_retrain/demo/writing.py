"""Asks a model to write the RTL of tasks: the demo's own small generation loop, used to measure the base."""

from collections.abc import Sequence
from typing import Any

from ct_retrain.demo.families import Task

LONGEST_ANSWER = 220


def write_rtl(
    model: Any,
    tokenizer: Any,
    tasks: Sequence[Task],
    temperature: float = 0.0,
    batch: int = 64,
) -> list[str]:
    """Write one module for each task, greedily unless *temperature* is positive."""
    import torch

    order = sorted(range(len(tasks)), key=lambda index: len(tasks[index].rtl))
    written = [""] * len(tasks)
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            texts = _answers(model, tokenizer, [tasks[index].instruction for index in chosen], temperature)
            for index, text in zip(chosen, texts, strict=True):
                written[index] = text
    return written


def _answers(model: Any, tokenizer: Any, instructions: list[str], temperature: float) -> list[str]:
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
        )
        for text in instructions
    ]
    encoded = tokenizer(
        prompts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False
    )
    sampling = (
        {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
    )
    tokens = model.generate(
        input_ids=encoded["input_ids"],
        attention_mask=encoded["attention_mask"],
        max_new_tokens=LONGEST_ANSWER,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **sampling,
    )
    answers = tokens[:, encoded["input_ids"].shape[1] :]
    return list(tokenizer.batch_decode(answers, skip_special_tokens=True))
