"""Judge many designs in parallel, and return verdicts in the order of the designs."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, runtime_checkable

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


def width_of(asked: object) -> int:
    """Return the width of *asked* if it is Parallel, else 0."""
    return asked.width if isinstance(asked, Parallel) else 0


def at_once(asked: object, workers: int = 0) -> int:
    """Return how many questions *asked* gets at once: *workers*; if 0, its width, or one per processor."""
    return workers or width_of(asked) or os.cpu_count() or 1


def check_all(simulator: Simulator, designs: Iterable[Design], workers: int = 0) -> Iterator[Verdict]:
    """Yield one verdict per design, in order; *designs* is read only slightly ahead.

    *workers* 0 is as many as keep *simulator* busy. Threads are enough, because the work is in its processes.
    """
    count = at_once(simulator, workers)
    waiting: deque[Future[Verdict]] = deque()
    with ThreadPoolExecutor(count, thread_name_prefix="judge") as pool:
        try:
            for design in designs:
                waiting.append(pool.submit(simulator.check, design))
                while waiting and (waiting[0].done() or len(waiting) >= count * _AHEAD):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
