"""Many designs at once, answers in the order they were asked."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict

_AHEAD = 4
"""Designs in flight for each worker, so that a long one at the front starves nobody."""


def check_all(simulator: Simulator, designs: Iterable[Design], workers: int = 0) -> Iterator[Verdict]:
    """Yield one verdict a design, in order; *designs* is read only as far as answers are near.

    *workers* 0 means one a processor. Threads do: the work is in the simulator's processes.
    """
    count = workers or os.cpu_count() or 1
    waiting: deque[Future[Verdict]] = deque()
    with ThreadPoolExecutor(count, thread_name_prefix="judge") as pool:
        try:
            for design in designs:
                waiting.append(pool.submit(simulator.check, design))
                if len(waiting) >= count * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
