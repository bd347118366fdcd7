"""Watches how long the cluster has not answered: logs what is awaited, and finally gives up."""

import time
from collections.abc import Callable

import structlog

FIRST_WARNING, NEXT_WARNING = 10.0, 60.0
"""Seconds without an answer until the first log line, and between later ones."""

_LOG = structlog.get_logger("ct_retrain.cluster")


class Watchdog:
    """Measures the time since the last answer. Not thread-safe: callers hold a lock."""

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Give up after *patience* seconds of *clock*."""
        self._patience, self._clock = patience, clock
        self._heard = self._next = 0.0
        self.heard()

    def heard(self) -> None:
        """Restart the time: an answer came, or nothing was awaited."""
        self._heard = self._clock()
        self._next = self._heard + FIRST_WARNING

    @property
    def silent(self) -> float:
        """Seconds since the last answer."""
        return self._clock() - self._heard

    def gave_up(self, questions: int, state: str) -> str:
        """Return why waiting for *questions* answers ends now, or "" to go on; log the wait from time to time."""
        silent = self.silent
        if silent >= self._patience:
            return (
                f"no answer from the cluster for {silent:.0f} s (cluster.patience): {state}; "
                f"{questions} questions wait. Repair the cluster and run again: answers already received are kept"
            )
        if self._clock() >= self._next:
            self._next = self._clock() + NEXT_WARNING
            _LOG.warning("cluster_waits", questions=questions, seconds=round(silent), state=state)
        return ""
