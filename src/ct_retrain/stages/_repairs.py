"""Failed attempts at specs that passed later, and the repair records made of them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ct_retrain.core.ports import Simulator
from ct_retrain.core.progress import paced
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.records.verdict import Verdict
from ct_retrain.core.rules.prompts import repair_prompt
from ct_retrain.judge.fanout import check_all
from ct_retrain.stages._artefact_store import ArtefactStore
from ct_retrain.stages._inputs import Source


class Attempts(NamedTuple):
    """Where the texts of failed attempts are, and how many are used per run."""

    artefacts: ArtefactStore
    most: int
    workers: int


class ReproducedFailure(NamedTuple):
    """A failed attempt that also fails when run again."""

    source: Source
    example: Example
    """The example that passed in the end."""
    rtl: str
    verdict: Verdict


def reproduced_failures(
    pairs: Sequence[tuple[Source, Example]], attempts: Attempts, simulator: Simulator
) -> Iterator[ReproducedFailure]:
    """Yield the failed attempts of *pairs* that fail when run again."""
    tries = [(source, example, bad) for source, example in pairs for bad in _failed(source, attempts)]
    designs = (source.design(bad) for source, _, bad in tries)
    verdicts = paced(check_all(simulator, designs, attempts.workers), "curate: repairs", len(tries))
    for (source, example, bad), verdict in zip(tries, verdicts, strict=True):
        if not verdict.passed:
            yield ReproducedFailure(source, example, bad, verdict)


def repair(failure: ReproducedFailure) -> Example:
    """Return the repair record: *failure* with its log is the question, the design that passed the answer."""
    example = failure.example
    return Example(
        instruction=repair_prompt(failure.source.instruction, failure.rtl, failure.verdict),
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
