"""Judge many designs in parallel, and return verdicts in the order of the designs."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar, runtime_checkable

from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict

_AHEAD = 4
"""Designs in flight per worker, so that a slow one at the front does not idle the others."""


@runtime_checkable
class Parallel(Protocol):
    """Something that may work on other machines, on more questions at once than this one has processors."""

    @property
    def width(self) -> int:
        """Number of parallel questions that keep it busy; 0 is one per processor of this machine."""
        ...


T = TypeVar("T")
R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)


class Pending(Protocol[T_co]):
    """An answer that may still be on its way."""

    def done(self) -> bool:
        """Whether `result` returns without waiting."""
        ...

    def result(self) -> T_co:
        """Wait for the answer, and return it or raise what went wrong."""
        ...

    def cancel(self) -> bool:
        """Say that nobody waits any longer."""
        ...


class Converted(Generic[T, R]):
    """A Pending whose answer is converted by the thread that asks for it."""

    def __init__(self, pending: Pending[T], convert: Callable[[T], R]) -> None:
        """Answer *convert* of the answer of *pending*."""
        self._pending, self._convert = pending, convert
        self.done, self.cancel = pending.done, pending.cancel

    def result(self) -> R:
        """Wait for the answer, and return it converted."""
        return self._convert(self._pending.result())


@runtime_checkable
class Submitting(Protocol):
    """A Simulator that other machines may work for, so that no thread has to wait for each verdict."""

    @property
    def ahead(self) -> int:
        """Number of designs in flight that keep it busy now."""
        ...

    def submit(self, design: Design, pool: Executor) -> Pending[Verdict]:
        """Begin to judge *design*, in a thread of *pool* as far as this machine does it."""
        ...


def width_of(asked: object) -> int:
    """Return the width of *asked* if it is Parallel, else 0."""
    return asked.width if isinstance(asked, Parallel) else 0


def at_once(asked: object, workers: int = 0) -> int:
    """Return how many questions *asked* gets at once: *workers*; if 0, its width, or one per processor."""
    return workers or width_of(asked) or os.cpu_count() or 1


def ahead_of(simulator: Simulator, workers: int = 0) -> int:
    """Return how many designs may be in flight."""
    if isinstance(simulator, Submitting) and not workers:
        return simulator.ahead
    return at_once(simulator, workers) * _AHEAD


def submitted(simulator: Simulator, design: Design, pool: Executor) -> Pending[Verdict]:
    """Begin to judge *design*, in a thread of *pool* unless *simulator* needs none."""
    if isinstance(simulator, Submitting):
        return simulator.submit(design, pool)
    return pool.submit(simulator.check, design)


def check_all(simulator: Simulator, designs: Iterable[Design], workers: int = 0) -> Iterator[Verdict]:
    """Yield one verdict per design, in order; *designs* is read only slightly ahead.

    *workers* 0 is as many as keep *simulator* busy. Threads are enough, because the work is in its processes
    or on other machines.
    """
    waiting: deque[Pending[Verdict]] = deque()
    with ThreadPoolExecutor(at_once(simulator, workers), thread_name_prefix="judge") as pool:
        try:
            for design in designs:
                waiting.append(submitted(simulator, design, pool))
                while waiting and (waiting[0].done() or len(waiting) >= ahead_of(simulator, workers)):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for pending in waiting:
                pending.cancel()
