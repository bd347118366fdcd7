"""Decides how answers with thoughts are trained on: the answer alone, or with its thoughts."""

from collections.abc import Iterable, Iterator
from typing import Literal

from ct_retrain.core.record import Rejected
from ct_retrain.core.records.training import Row
from ct_retrain.core.rules.thoughts import split_thoughts


def learned(
    rows: Iterable[Row], thoughts: Literal["strip", "keep"], rejected: list[Rejected]
) -> Iterator[Row]:
    """Yield *rows* as they are trained on; add those whose thought never ends, or leaves no answer, to *rejected*."""
    for number, row in enumerate(rows, 1):
        parts = split_thoughts(row.completion)
        if parts.answer == row.completion:
            yield row
        elif not parts.answer.strip():
            detail = "its thought never ends" if parts.unfinished else "nothing follows its thought"
            rejected.append(
                Rejected(
                    subject=row.place or f"{row.source} row {number}", reason="thought_only", detail=detail
                )
            )
        elif thoughts == "keep":
            yield row
        else:
            yield row.model_copy(update={"completion": parts.answer.lstrip()})
