"""Limit the requests in flight: fewer when the server says that it is busy, more again while it answers."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import structlog

from ct_retrain.core.errors import ToolError

_LOG = structlog.get_logger("ct_retrain.adapters")
_GROWTH = 0.25
"""Increase of the limit for each answer."""
_DEAF = 1.0
"""Seconds in which further complaints count as one: those requests were sent before the limit fell."""


class AbandonedError(ToolError):
    """The caller no longer wants the answer."""


class Throttle:
    """Slots for requests in flight, at most *most*; thread-safe.

    `busy` halves the number of slots, down to 1, and `well` raises it again. Every wait ends with
    AbandonedError once the caller's *over* returns True and `wake` was called.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)
        self._taken = 0
        self._heard = -_DEAF
        self._change = threading.Condition()

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return int(self._limit)

    @contextmanager
    def slot(self, over: Callable[[], bool]) -> Generator[None]:
        """Wait for a slot and hold it."""
        self._take(over)
        try:
            _go_on(over)
            yield
        finally:
            self._give()

    def rest(self, seconds: float, over: Callable[[], bool]) -> None:
        """Release the held slot for *seconds*, then wait for one again."""
        self._give()
        try:
            with self._change:
                self._change.wait_for(over, seconds)
        finally:
            self._take(over)
        _go_on(over)

    def busy(self) -> None:
        """Halve the limit, once a second at most."""
        with self._change:
            now = time.monotonic()
            if now - self._heard < _DEAF:
                return
            self._heard = now
            self._limit = max(1.0, min(self._limit, self._taken) / 2)
        _LOG.warning("the server is busy", requests=self.limit)

    def well(self) -> None:
        """Raise the limit a little."""
        with self._change:
            self._limit = min(float(self._most), self._limit + _GROWTH)
            self._change.notify_all()

    def wake(self) -> None:
        """Make every waiting thread check *over* again."""
        with self._change:
            self._change.notify_all()

    def _take(self, over: Callable[[], bool]) -> None:
        with self._change:
            self._change.wait_for(lambda: over() or self._taken < self.limit)
            self._taken += 1

    def _give(self) -> None:
        with self._change:
            self._taken -= 1
            self._change.notify_all()


def _go_on(over: Callable[[], bool]) -> None:
    if over():
        raise AbandonedError("this answer is no longer wanted")
