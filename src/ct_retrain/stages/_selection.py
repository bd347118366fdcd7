"""Chooses the run that becomes a specification's example: the newest one that passes every check.

A later run that claims a pass and fails tonight never replaces an earlier one that holds. A specification is
identified by its text: two texts under one `spec_hash` are two specifications. Of equal designs for different
specifications only one is simulated; the others are refused as duplicates once it has been accepted.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from ct_retrain.core.record import digest
from ct_retrain.core.records.dataset import Example, Trace
from ct_retrain.stages._artefact_store import ArtefactStore
from ct_retrain.stages._inputs import (
    Refuse,
    Source,
    TraceTexts,
    read_trace_texts,
    trace_refusal,
)
from ct_retrain.trace import instruction_of

Spec: TypeAlias = tuple[str, str]
"""A `spec_hash` and the digest of the specification's text."""
Judged: TypeAlias = Callable[[Sequence[Source]], Iterator[tuple[Source, Example]]]
"""Yields the sources that hold, in order, as examples; refuses the others."""


def spec_of(example: Example) -> Spec:
    """Return the specification that *example* answers."""
    return example.metadata.spec_hash, digest(example.instruction)


class Selection(NamedTuple):
    """Inputs of a selection."""

    reading: TraceTexts
    held: Mapping[str, Spec]
    """Canonical design → the specification whose example already has it."""
    judged: Judged
    refuse: Refuse


def select(traces: Iterable[Trace], selection: Selection) -> list[tuple[Source, Example]]:
    """Return the newest readable run of every specification that holds, ordered by run and line; refuse the others."""
    queues = _queues(traces, selection)
    held = dict(selection.held)
    accepted: list[tuple[Source, Example]] = []
    while batch := _batch(queues, held, selection.refuse):
        found = {id(source): example for source, example in selection.judged([one.head() for one in batch])}
        for queue in batch:
            source = queue.pop()
            example = found.get(id(source))
            if example is not None:
                accepted.append((source, example))
                _settle(queue, source, held, selection.refuse)
    return sorted(accepted, key=lambda pair: (pair[0].trace.run_id, pair[0].trace.line))


class _Queue:
    """The runs of one specification that can still become its example, newest first."""

    def __init__(self, spec: Spec, traces: Iterable[Trace], selection: Selection) -> None:
        self.spec = spec
        self._traces = deque(traces)
        self._selection = selection
        self._head: Source | None = None

    def readable(self) -> bool:
        """Whether a run is left; unreadable ones before it are refused."""
        while self._head is None and self._traces:
            found = read_trace_texts(self._traces[0], self._selection.reading)
            if isinstance(found, Source):
                self._head = found
            else:
                self._selection.refuse(found)
                self._traces.popleft()
        return self._head is not None

    def head(self) -> Source:
        """Return the newest run that is left; call `readable` first."""
        if self._head is None:
            raise LookupError(self.spec)
        return self._head

    def pop(self) -> Source:
        """Remove and return the newest run."""
        source = self.head()
        self._head = None
        self._traces.popleft()
        return source

    def clear(self) -> list[Trace]:
        """Remove and return all other runs."""
        left = list(self._traces)
        self._traces.clear()
        self._head = None
        return left


def _queues(traces: Iterable[Trace], selection: Selection) -> list[_Queue]:
    """Return one queue per specification, newest run first; ties go to the greater run id and line."""
    words: dict[str, str] = {}
    groups: dict[Spec, list[Trace]] = defaultdict(list)
    for trace in traces:
        if trace.spec.sha256 not in words:
            words[trace.spec.sha256] = _words(selection.reading.artefacts, trace)
        groups[trace.spec_hash, words[trace.spec.sha256]].append(trace)
    ordered = {
        spec: sorted(group, key=lambda one: (one.generated_at, one.run_id, one.line), reverse=True)
        for spec, group in groups.items()
    }
    queues = [_Queue(spec, group, selection) for spec, group in ordered.items()]
    return sorted(queues, key=lambda one: (ordered[one.spec][0].run_id, ordered[one.spec][0].line))


def _words(artefacts: ArtefactStore, trace: Trace) -> str:
    """Return a digest of the specification's text; of its bytes if it cannot be decoded, which is refused later."""
    try:
        return digest(instruction_of(artefacts.text(trace.spec)))
    except (OSError, ValueError):
        return trace.spec.sha256


def _batch(queues: Sequence[_Queue], held: Mapping[str, Spec], refuse: Refuse) -> list[_Queue]:
    """Return the queues whose heads are judged next, all of different designs; empty if none is left.

    A head whose design another specification has, or is about to be judged with, waits until that is decided.
    """
    while True:
        alive = {queue.spec: queue for queue in queues if queue.readable()}
        batch: dict[str, _Queue] = {}
        waiting: list[tuple[_Queue, Spec]] = []
        refused = False
        for queue in alive.values():
            design = queue.head().canonical
            owner = batch[design].spec if design in batch else held.get(design, queue.spec)
            if owner == queue.spec:
                batch[design] = queue
            elif owner in alive:
                waiting.append((queue, owner))
            else:
                _refuse_duplicate(queue, owner, refuse)
                refused = True
        if batch or not (refused or waiting):
            return list(batch.values())
        if waiting and not refused:
            _refuse_duplicate(*waiting[0], refuse)  # the queues wait for each other: the first one gives way


def _settle(queue: _Queue, source: Source, held: dict[str, Spec], refuse: Refuse) -> None:
    """Assign the design of *source* to the specification of *queue*; its older runs are superseded."""
    for design in [design for design, spec in held.items() if spec == queue.spec]:
        del held[design]
    held[source.canonical] = queue.spec
    trace = source.trace
    for older in queue.clear():
        refuse(
            trace_refusal(older, "superseded", f"{trace.run_id}:{trace.line} is a later run of the same spec")
        )


def _refuse_duplicate(queue: _Queue, owner: Spec, refuse: Refuse) -> None:
    refuse(trace_refusal(queue.pop().trace, "duplicate", f"same design as spec {owner[0]}"))
