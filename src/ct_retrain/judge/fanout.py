"""Many designs at once, answers in the order they were asked."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, runtime_checkable

from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict

_AHEAD = 4
"""Designs in flight for each worker, so that a long one at the front starves nobody."""


@runtime_checkable
class Wide(Protocol):
    """Whoever may work elsewhere, and so at more questions at once than this machine has processors."""

    @property
    def width(self) -> int:
        """Questions at once that keep it busy; 0 is one a processor of this machine."""
        ...


def width_of(asked: object) -> int:
    """The width of *asked* if it is Wide, else 0."""
    return asked.width if isinstance(asked, Wide) else 0


def at_once(asked: object, workers: int = 0) -> int:
    """Questions that *asked* is given at once: *workers*; for 0 its width, or one a processor."""
    return workers or width_of(asked) or os.cpu_count() or 1


def check_all(simulator: Simulator, designs: Iterable[Design], workers: int = 0) -> Iterator[Verdict]:
    """Yield one verdict a design, in order; *designs* is read only as far as answers are near.

    *workers* 0 means as many as keep *simulator* busy. Threads do: the work is in the simulator's processes.
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
