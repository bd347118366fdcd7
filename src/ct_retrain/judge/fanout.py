"""Many designs at once, answers in the order they were asked."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict

_AHEAD = 4
"""Designs in flight for each worker, so that a long one at the front starves nobody."""


def check_all(
    simulator: Simulator, designs: Iterable[Design], workers: int = 0, executor: Executor | None = None
) -> Iterator[Verdict]:
    """Yield one verdict a design, in order; *designs* is read only as far as answers are near.

    *workers* 0 means one a processor. Threads do: the work is in the simulator's processes. With an *executor*
    of the caller's the work goes there, and stays open.
    """
    count = workers or os.cpu_count() or 1
    if executor is not None:
        yield from _ordered(executor, simulator, designs, count * _AHEAD)
        return
    with ThreadPoolExecutor(count, thread_name_prefix="judge") as pool:
        yield from _ordered(pool, simulator, designs, count * _AHEAD)


def _ordered(
    executor: Executor, simulator: Simulator, designs: Iterable[Design], most: int
) -> Iterator[Verdict]:
    waiting: deque[Future[Verdict]] = deque()
    try:
        for design in designs:
            waiting.append(executor.submit(simulator.check, design))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
