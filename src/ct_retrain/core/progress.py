"""How far a long step is, said on the log as it goes; whoever reads the log draws a bar, a line, or nothing.

A `progress` event carries `what`, `done`, `total` (None where nobody knows), `rate` (a second) and `left` (seconds,
None where nobody knows). Events of one step are at least `PACE` seconds apart, but for the last, which says `over`.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import structlog

T = TypeVar("T")

EVENT = "progress"
PACE = 0.2
"""Seconds between two events of one step; a reader that writes lines leaves most of them out."""

_LOG = structlog.get_logger("ct_retrain.progress")


class Pace:
    """One long step: told how much is done, says it on the log from time to time."""

    def __init__(self, what: str, total: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        """*what* is done *total* times; *clock* gives seconds."""
        self._what, self._total, self._clock = what, total, clock
        self._began = self._said = clock()
        self._first: int | None = None

    def reach(self, done: int) -> None:
        """*done* of the step are done; what was done before the first call (a resumed step) is in no rate."""
        if self._first is None:
            self._first = done
        now = self._clock()
        if now - self._said >= PACE:
            self._said = now
            self._say(done, over=False)

    def end(self, done: int) -> None:
        """The step is over; it is said if the step took long enough to be noticed."""
        if self._clock() - self._began >= PACE:
            self._say(done, over=True)

    def _say(self, done: int, *, over: bool) -> None:
        if not structlog.is_configured():  # a caller of the library who reads no log is not to be flooded
            return
        seconds = self._clock() - self._began
        rate = (done - (self._first or 0)) / seconds if seconds > 0 else 0.0
        left = (self._total - done) / rate if self._total is not None and rate > 0 else None
        _LOG.info(
            EVENT,
            what=self._what,
            done=done,
            total=self._total,
            rate=round(rate, 2),
            left=None if left is None else round(left),
            over=over,
        )


def paced(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yield *items*, saying how many of *total* there were."""
    pace = Pace(what, total)
    done = 0
    pace.reach(0)
    try:
        for done, item in enumerate(items, 1):
            yield item
            pace.reach(done)
    finally:
        pace.end(done)
