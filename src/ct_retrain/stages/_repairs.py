"""Repair records: a failing attempt, its log, and the answer that passed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ct_retrain.core.ports import Simulator
from ct_retrain.core.progress import paced
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.rules.prompts import repair_prompt
from ct_retrain.judge.fanout import check_all
from ct_retrain.stages._artefact_store import ArtefactStore
from ct_retrain.stages._inputs import Source


class Attempts(NamedTuple):
    """Where failed attempts lie, and how many of one run are wanted."""

    artefacts: ArtefactStore
    most: int
    workers: int


def repairs(
    pairs: Sequence[tuple[Source, Example]], attempts: Attempts, simulator: Simulator
) -> Iterator[Example]:
    """Yield the repairs of *pairs*; an attempt must really fail when it is run again."""
    tries = [(source, example, bad) for source, example in pairs for bad in _failed(source, attempts)]
    designs = (source.design(bad) for source, _, bad in tries)
    verdicts = paced(check_all(simulator, designs, attempts.workers), "curate: repairs", len(tries))
    for (source, example, bad), verdict in zip(tries, verdicts, strict=True):
        if verdict.passed:
            continue
        yield Example(
            instruction=repair_prompt(source.instruction, bad, verdict),
            output=example.output,
            testbench=example.testbench,
            metadata=example.metadata.model_copy(update={"kind": "repair"}),
        )


def _failed(source: Source, attempts: Attempts) -> Iterator[str]:
    for attempt in source.trace.attempts[-attempts.most :] if attempts.most else ():
        try:
            bad = attempts.artefacts.text(attempt.rtl)
        except (OSError, ValueError):
            continue
        if bad.strip() and bad != source.rtl:
            yield bad
