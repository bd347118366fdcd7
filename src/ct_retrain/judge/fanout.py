"""Judge many designs in parallel, and return verdicts in the order of the designs."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict

_AHEAD = 4
"""Designs in flight per worker, so that a slow one at the front does not idle the others."""


def check_all(simulator: Simulator, designs: Iterable[Design], workers: int = 0) -> Iterator[Verdict]:
    """Yield one verdict per design, in order; *designs* is read only slightly ahead.

    *workers* 0 is one per processor. Threads are enough, because the work is in the simulator's processes.
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
