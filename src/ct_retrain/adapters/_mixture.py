"""The rows of a night as tokens: the question carries no label, the answer and its end of turn do.

Promises: a row longer than the limit is left out and counted, never cut; text that merely looks like a control
token stays text in answers; packed rows are kept apart, or they are not packed.
"""

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain import disk
from ct_retrain.adapters import _modelling
from ct_retrain.adapters._chat import Chat
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.training import Row, TrainPlan

IGNORED = -100
"""The label of a token that is read but not learned."""

_WINDOW = 4
"""Batches among which rows are sorted by length."""
_PROBE = 12
"""Tokens a document of the packing probe."""


class Tokens(NamedTuple):
    """Rows ready to train on, and how many were too long to be among them."""

    rows: list[dict[str, list[int]]]
    skipped: int


def tokenised(plan: TrainPlan, tokenizer: Any) -> Tokens:
    """Every row of the mixture that fits; raise when the file is not the plan's, or nothing is left."""
    path = Path(plan.mixture)
    if not path.is_file() or disk.sha256_of(path) != plan.mixture_sha256:
        raise CorruptStateError(f"{path} is missing or not what the plan was made for: redo the train stage")
    chat = Chat(tokenizer, plan.chat)
    limit = min(plan.hyperparameters.max_length, _window(chat))
    everything = [_row(row, chat) for row in disk.read_lines(path, Row)]
    kept = [row for row in everything if len(row["input_ids"]) <= limit]
    if not everything:
        raise UsageError(f"{path} has no rows: there is nothing to train on; harvest more, or add a gold set")
    if not kept:
        shortest = min(len(row["input_ids"]) for row in everything)
        raise UsageError(
            f"none of the {len(everything)} rows of {path} fits in {limit} tokens (the shortest has {shortest}): "
            "raise train.hyperparameters.max_length, where mainline's window allows it"
        )
    return Tokens(kept, len(everything) - len(kept))


def _row(row: Row, chat: Chat) -> dict[str, list[int]]:
    prompt, learned = chat.pair(row.prompt, row.completion)
    return {"input_ids": prompt + learned, "labels": [IGNORED] * len(prompt) + learned}


def _window(chat: Chat) -> int:
    """Tokens that mainline reads; a row beyond them would teach places that it never sees."""
    directory = Path(str(chat.tokenizer.name_or_path))
    if not (directory / "config.json").is_file():
        return sys.maxsize
    config = _modelling.kind_of(directory)
    chat.check_vocabulary(config)
    return _modelling.window_of(config) or sys.maxsize


def sequences(tokens: Tokens, *, pack_to: int | None) -> Any:
    """*tokens* as a `datasets.Dataset`; packed into sequences of *pack_to* tokens if given."""
    datasets: Any = _modelling.library("datasets")
    plain = datasets.Dataset.from_list(tokens.rows)
    if pack_to is None:
        return plain
    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        return _modelling.library("trl").pack_dataset(plain, pack_to, "bfd")
    finally:
        if shown:
            datasets.enable_progress_bars()


def reading_order(lengths: Sequence[int], total: int, batch: int, seed: int) -> list[int]:
    """Which row to read when: *total* indices, every row as often as any other, up to one.

    Rows are shuffled anew for each pass; within a window of a few batches those of like length share a batch,
    which spares most of the padding and leaves batches mixed. The whole order is known before the first step, so
    an interrupted run needs no sampler's state to go on with it.
    """
    draw = random.Random(seed)
    indices: list[int] = []
    while len(indices) < total:
        indices += draw.sample(range(len(lengths)), len(lengths))
    order: list[int] = []
    for start in range(0, total, batch * _WINDOW):
        window = sorted(
            indices[start : min(start + batch * _WINDOW, total)], key=lambda index: lengths[index]
        )
        batches = [window[first : first + batch] for first in range(0, len(window), batch)]
        last = batches.pop() if len(batches[-1]) < batch else []
        draw.shuffle(batches)
        order += [index for group in batches for index in group] + last
    return order


def keeps_documents_apart(model: Any, vocabulary: int) -> bool:
    """Whether *model* tells packed documents apart by their position ids, found out by asking it.

    Two short documents share a row; if changing the first changes what the model says about the second, then
    packing would let one example leak into the next.
    """
    torch: Any = _modelling.library("torch")
    noise = torch.Generator().manual_seed(0)
    first, other, second = torch.randint(0, vocabulary, (3, 1, _PROBE), generator=noise).to(model.device)
    positions = torch.arange(_PROBE, device=model.device).repeat(1, 2)
    with torch.inference_mode():
        answers = [
            model(input_ids=torch.cat([document, second], 1), position_ids=positions, use_cache=False).logits[
                :, _PROBE:
            ]
            for document in (first, other)
        ]
    return bool(torch.allclose(answers[0], answers[1], rtol=1e-3, atol=1e-3))
