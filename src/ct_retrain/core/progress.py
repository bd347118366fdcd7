"""Report the progress of long steps as log events; the log's reader draws a bar, a line, or nothing.

A `progress` event carries `what`, `done`, `total` (None if unknown), `rate` (per second) and `left` (seconds,
None if unknown). Events of one step are at least `PACE` seconds apart, except the last, which has `over`.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

EVENT = "progress"
PACE = 0.2
"""Minimum seconds between two events of one step; a reader that prints lines skips most of them."""


class Pace:
    """Progress of one long step, logged from time to time."""

    def __init__(self, what: str, total: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the step *what* of *total* items; *clock* returns seconds."""
        self._what, self._total, self._clock = what, total, clock
        self._began = self._said = clock()
        self._first: int | None = None

    def reach(self, done: int) -> None:
        """Report that *done* items are done; those done before the first call (a resumed step) are in no
        rate.
        """
        if self._first is None:
            self._first = done
        now = self._clock()
        if now - self._said >= PACE:
            self._said = now
            self._say(done, over=False)

    def end(self, done: int) -> None:
        """End the step; log it if it took long enough to have been shown."""
        if self._clock() - self._began >= PACE:
            self._say(done, over=True)

    def _say(self, done: int, *, over: bool) -> None:
        import structlog  # who only reads EVENT does without the log's library

        if not structlog.is_configured():  # do not flood a library caller who reads no log
            return
        seconds = self._clock() - self._began
        rate = (done - (self._first or 0)) / seconds if seconds > 0 else 0.0
        left = (self._total - done) / rate if self._total is not None and rate > 0 else None
        structlog.get_logger("ct_retrain.progress").info(
            EVENT,
            what=self._what,
            done=done,
            total=self._total,
            rate=round(rate, 2),
            left=None if left is None else round(left),
            over=over,
        )


def paced(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yield *items* while reporting how many of *total* have been yielded."""
    pace = Pace(what, total)
    done = 0
    pace.reach(0)
    try:
        for done, item in enumerate(items, 1):
            yield item
            pace.reach(done)
    finally:
        pace.end(done)
