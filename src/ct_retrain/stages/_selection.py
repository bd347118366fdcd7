"""Chooses the run that becomes a specification's example: the newest one that passes every check.

A later run that claims a pass and fails tonight never replaces an earlier one that holds. A specification is
identified by its text: two texts under one `spec_hash` are two specifications. Of equal designs for different
specifications only one is simulated; the others are refused as duplicates once it has been accepted.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.dataset import Example, Trace
from ct_retrain.stages._artefact_store import ArtefactStore
from ct_retrain.stages._inputs import (
    Refuse,
    Source,
    TraceTexts,
    read_trace_texts,
    trace_refusal,
)
from ct_retrain.stages._trace_index import Spec, TraceIndex
from ct_retrain.trace import instruction_of

Judged: TypeAlias = Callable[[Sequence[Source]], Iterator[tuple[Source, Example]]]
"""Yields the sources that hold, in order, as examples; refuses the others."""


def words_of(artefacts: ArtefactStore, trace: Trace) -> str:
    """Digest of what the specification says; of its bytes where they cannot be read, which is refused later."""
    try:
        return digest(instruction_of(artefacts.text(trace.spec)))
    except (OSError, ValueError):
        return trace.spec.sha256


class Selection(NamedTuple):
    """Inputs of a selection."""

    reading: TraceTexts
    held: Mapping[str, Spec]
    """Canonical design → the specification whose example already has it."""
    judged: Judged
    refuse: Refuse


def select(traces: TraceIndex, selection: Selection) -> list[tuple[Source, Example]]:
    """The newest run of every specification that reads and holds, ordered by run and line; the rest is refused."""
    queues = _Queues(traces, selection)
    accepted: list[tuple[Source, Example]] = []
    while batch := queues.batch():
        heads = [queues.head(spec) for spec in batch]
        found = {id(source): example for source, example in selection.judged(heads)}
        for spec, source in zip(batch, heads, strict=True):
            queues.pop(spec)
            example = found.get(id(source))
            if example is not None:
                accepted.append((source, example))
                queues.settle(spec, source)
    return sorted(accepted, key=lambda pair: (pair[0].trace.run_id, pair[0].trace.line))


_NONE = b""


class _Queues:
    """The runs of each specification that may still become its example, newest first: some bytes each.

    A specification is a number of the index; one that has its example from another night and no run tonight is a
    number below 0.
    """

    def __init__(self, traces: TraceIndex, selection: Selection) -> None:
        self._traces, self._selection = traces, selection
        self._runs = traces.runs()
        self._taken = array("L", bytes(self._runs.itemsize * len(self._runs)))
        self._designs = [_NONE] * len(self._runs)
        """Of the newest run that is left and was read."""
        self._strangers: list[str] = []
        self._held = {bytes.fromhex(design): self._number(spec) for design, spec in selection.held.items()}
        self._before: dict[int, list[bytes]] = {}
        for design, owner in self._held.items():
            self._before.setdefault(owner, []).append(design)

    def _number(self, spec: Spec) -> int:
        number = self._traces.number(spec)
        if number is not None:
            return number
        self._strangers.append(spec[0])
        return -len(self._strangers)

    def batch(self) -> list[int]:
        """Specifications whose newest runs are to be judged next, no two of one design; empty when none is left.

        One whose design another holds, or is about to be judged with, waits until that is settled.
        """
        while True:
            alive = bytearray(self._readable(spec) for spec in range(len(self._runs)))
            batch: dict[bytes, int] = {}
            waiting: tuple[int, int] | None = None
            refused = False
            for spec, design in enumerate(self._designs):
                if not design:
                    continue
                owner = batch[design] if design in batch else self._held.get(design, spec)
                if owner == spec:
                    batch[design] = spec
                elif owner >= 0 and alive[owner]:
                    waiting = waiting or (spec, owner)
                else:
                    self._refuse_duplicate(spec, owner)
                    refused = True
            if batch or not (refused or waiting):
                return list(batch.values())
            if waiting and not refused:
                self._refuse_duplicate(*waiting)  # each waits for another: the first gives way

    def head(self, spec: int) -> Source:
        """The newest run that is left; raise CorruptStateError where it changed since `batch` read it."""
        trace = self._head(spec)
        found = read_trace_texts(trace, self._selection.reading, self._designs[spec].hex())
        if isinstance(found, Rejected):
            message = f"{found.subject}: {found.detail}, and it was there a moment ago: run again"
            raise CorruptStateError(message)
        return found

    def pop(self, spec: int) -> None:
        """Take it out."""
        self._taken[spec] += 1
        self._designs[spec] = _NONE

    def settle(self, spec: int, source: Source) -> None:
        """Give *spec* the design of *source*; its older runs are superseded."""
        for design in self._before.get(spec, ()):
            if self._held.get(design) == spec:
                del self._held[design]
        self._held[bytes.fromhex(source.canonical)] = spec
        trace = source.trace
        why = f"{trace.run_id}:{trace.line} is a later run of the same spec"
        while self._taken[spec] < self._runs[spec]:
            self._selection.refuse(trace_refusal(self._head(spec), "superseded", why))
            self.pop(spec)

    def _head(self, spec: int) -> Trace:
        return self._traces.trace(spec, self._taken[spec])

    def _readable(self, spec: int) -> bool:
        """Whether a run is left; those that cannot be read are refused on the way."""
        while not self._designs[spec] and self._taken[spec] < self._runs[spec]:
            found = read_trace_texts(self._head(spec), self._selection.reading)
            if isinstance(found, Source):
                self._designs[spec] = bytes.fromhex(found.canonical)
            else:
                self._selection.refuse(found)
                self._taken[spec] += 1
        return self._designs[spec] != _NONE

    def _refuse_duplicate(self, spec: int, owner: int) -> None:
        name = self._traces.spec_hash(owner) if owner >= 0 else self._strangers[-1 - owner]
        self._selection.refuse(trace_refusal(self._head(spec), "duplicate", f"same design as spec {name}"))
        self.pop(spec)
