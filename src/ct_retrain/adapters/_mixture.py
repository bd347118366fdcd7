"""Tokenise a night's rows: the question has no labels, the answer and its end of turn do.

- A row longer than the limit is left out and counted, never cut.
- Text in an answer that looks like a control token stays text.
- Rows are packed only if the model keeps them apart.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain import disk
from ct_retrain.adapters import _modelling
from ct_retrain.adapters._chat import Chat
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.training import Row, TrainPlan
from ct_retrain.core.rules.reading_order import Origin
from ct_retrain.core.rules.recipe import HARVESTED, DataAmounts, repetitions

IGNORED = -100
"""Label of a token that is read but not trained on."""

_PACKED = 1000
"""Number of rows packed at a time."""
_PROBE = 12
"""Tokens of one document of the packing probe."""


class Tokens(NamedTuple):
    """The distinct tokenised rows of a mixture, and the lines that were too long."""

    rows: list[dict[str, list[int]]]
    skipped: int
    origins: Sequence[Origin] = ()
    """Origin of each row."""
    lines: Mapping[str, int] = {}
    """Source → lines of the mixture that are one of the rows, repetitions counted."""
    too_long: tuple[Rejected, ...] = ()
    """Rows that were left out, each once, by the file and line of origin."""

    def amounts(self, *, packed: bool) -> DataAmounts:
        """Count the rows and tokens to read."""
        tokens: Counter[str] = Counter()
        for row, origin in zip(self.rows, self.origins, strict=True):
            tokens[origin.source] += len(row["input_ids"])
        return DataAmounts(
            lines=self.lines,
            distinct=Counter(origin.source for origin in self.origins),
            tokens=tokens,
            longest=max(len(row["input_ids"]) for row in self.rows),
            extra=sum(origin.again for origin in self.origins),
            packed=packed,
        )


def tokenised(plan: TrainPlan, tokenizer: Any) -> Tokens:
    """Tokenise the mixture's rows that fit; raise if the file is not the plan's, or nothing is left."""
    path = unchanged(plan.mixture, plan.mixture_sha256)
    chat = Chat(tokenizer, plan.chat)
    limit = min(plan.hyperparameters.max_length, window(chat))
    everything = [
        (_row(row, chat), row, copies) for row, copies in repetitions(disk.read_lines(path, Row)).values()
    ]
    kept = [one for one in everything if len(one[0]["input_ids"]) <= limit]
    if not everything:
        raise UsageError(f"{path} has no rows: there is nothing to train on; harvest more, or add a gold set")
    if not kept:
        shortest = min(len(ids["input_ids"]) for ids, _, _ in everything)
        raise UsageError(
            f"none of the {len(everything)} rows of {path} fits in {limit} tokens (the shortest has {shortest}): "
            "raise train.hyperparameters.max_length, where mainline's window allows it"
        )
    lines: Counter[str] = Counter()
    for _, row, copies in kept:
        lines[row.source] += copies
    skipped = sum(copies for _, _, copies in everything) - sum(lines.values())
    origins = [_origin(row, plan.forgotten) for _, row, _ in kept]
    too_long = tuple(_too_long(((row, len(ids["input_ids"])) for ids, row, _ in everything), limit))
    return Tokens([ids for ids, _, _ in kept], skipped, origins, lines, too_long)


def _origin(row: Row, forgotten: Sequence[str]) -> Origin:
    return Origin(row.source, again=row.source == HARVESTED and row.category in forgotten)


def _too_long(rows: Iterable[tuple[Row, int]], limit: int) -> Iterator[Rejected]:
    """Yield a refusal for every row of more than *limit* tokens, one for rows of the same line."""
    told: set[str] = set()
    for number, (row, length) in enumerate(rows, 1):
        subject = row.place or f"{row.source} row {number}"
        if length > limit and subject not in told:
            told.add(subject)
            yield oversized(subject, length, limit)


def unchanged(name: str, sha256: str | None) -> Path:
    """Return the path of the plan's file *name*; raise CorruptStateError if it is missing or not what it was."""
    path = Path(name)
    if not path.is_file() or disk.sha256_of(path) != sha256:
        raise CorruptStateError(f"{path} is missing or not what the plan was made for: redo the train stage")
    return path


def oversized(subject: str, length: int, limit: int) -> Rejected:
    """Return the refusal of *subject*, which has *length* tokens where *limit* fit."""
    detail = f"{length} tokens, and {limit} is the most that max_length and mainline's window allow"
    return Rejected(subject=subject, reason="too_long", detail=detail)


def _row(row: Row, chat: Chat) -> dict[str, list[int]]:
    prompt, learned = chat.pair(row.prompt, row.completion)
    return {"input_ids": prompt + learned, "labels": [IGNORED] * len(prompt) + learned}


def window(chat: Chat) -> int:
    """Return mainline's window in tokens; a longer row would train positions that the model never uses."""
    directory = Path(str(chat.tokenizer.name_or_path))
    if not (directory / "config.json").is_file():
        return sys.maxsize
    config = _modelling.kind_of(directory)
    chat.check_vocabulary(config)
    return _modelling.window_of(config) or sys.maxsize


def padded(tokens: Tokens, reading: Sequence[int]) -> Any:
    """Return the rows of *tokens* in the order of *reading* as a `datasets.Dataset`, one sequence per row."""
    datasets: Any = _modelling.library("datasets")
    return datasets.Dataset.from_list(tokens.rows).select(reading)


def packed(tokens: Tokens, reading: Sequence[int], pack_to: int, seed: int) -> Any:
    """Return them packed into sequences of *pack_to* tokens; no row moves by more than `_PACKED` places."""
    datasets: Any = _modelling.library("datasets")
    rows = datasets.Dataset.from_list(tokens.rows)
    parts = [rows.select(reading[first : first + _PACKED]) for first in range(0, len(reading), _PACKED)]
    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        pack = _modelling.library("trl").pack_dataset
        # Packing sorts rows by length: without a shuffle the longest would come first.
        mixed = [pack(part, pack_to, "bfd").shuffle(seed=seed, keep_in_memory=True) for part in parts]
        return datasets.concatenate_datasets(mixed)
    finally:
        if shown:
            datasets.enable_progress_bars()


def keeps_documents_apart(model: Any, vocabulary: int) -> bool:
    """Whether *model* keeps packed documents apart by their position ids, found by a test.

    Two short documents share a row; if a change of the first changes the output for the second, packing would
    let one example leak into the next.
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
