"""How many requests a server is sent at once: fewer when it says that it is busy, more again while it answers."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import structlog

from ct_retrain.core.errors import ToolError

_LOG = structlog.get_logger("ct_retrain.adapters")
_GROWTH = 0.25
"""What one answer adds to the number in flight."""
_DEAF = 1.0
"""Seconds in which further complaints count as the same one: those in flight were sent before it was heard."""


class AbandonedError(ToolError):
    """Nobody waits for this answer any more."""


class Throttle:
    """Slots for requests in flight, at most *most*; used by many threads.

    `busy` halves the number of slots, down to 1, and `well` brings it back. Every wait ends with AbandonedError as soon as
    the caller's *over* says so, once `wake` was called.
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
        """Hold one slot, having waited for it."""
        self._take(over)
        try:
            _go_on(over)
            yield
        finally:
            self._give()

    def rest(self, seconds: float, over: Callable[[], bool]) -> None:
        """Leave the slot that the caller holds to others for so many *seconds*, then wait for one again."""
        self._give()
        try:
            with self._change:
                self._change.wait_for(over, seconds)
        finally:
            self._take(over)
        _go_on(over)

    def busy(self) -> None:
        """Halve what may be in flight, once a second at most."""
        with self._change:
            now = time.monotonic()
            if now - self._heard < _DEAF:
                return
            self._heard = now
            self._limit = max(1.0, min(self._limit, self._taken) / 2)
        _LOG.warning("the server is busy", requests=self.limit)

    def well(self) -> None:
        """Let a little more be in flight."""
        with self._change:
            self._limit = min(float(self._most), self._limit + _GROWTH)
            self._change.notify_all()

    def wake(self) -> None:
        """Let everybody who waits ask again whether it is over."""
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
        raise AbandonedError("nobody waits for this answer any more")
