"""Watches how long nothing has come back: says what is waited for, and at last gives up."""

import time
from collections.abc import Callable

import structlog

FIRST_WORD, NEXT_WORD = 10.0, 60.0
"""Seconds without an answer after which it is said what is waited for, and said again."""

_LOG = structlog.get_logger("ct_retrain.cluster")


class Vigil:
    """The time since anything was heard; not to be shared between threads without a lock."""

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Give up after *patience* seconds of *clock*."""
        self._patience, self._clock = patience, clock
        self._heard = self._next = 0.0
        self.heard()

    def heard(self) -> None:
        """Something came back, or there was nothing to wait for."""
        self._heard = self._clock()
        self._next = self._heard + FIRST_WORD

    @property
    def silent(self) -> float:
        """Seconds since."""
        return self._clock() - self._heard

    def gave_up(self, questions: int, state: str) -> str:
        """Why waiting for *questions* answers ends now; "" while it goes on, which is said from time to time."""
        silent = self.silent
        if silent >= self._patience:
            return (
                f"no answer from the cluster for {silent:.0f} s (cluster.patience): {state}; "
                f"{questions} questions wait. Mend the cluster and run again: what is known is not asked again"
            )
        if self._clock() >= self._next:
            self._next = self._clock() + NEXT_WORD
            _LOG.warning("cluster_waits", questions=questions, seconds=round(silent), state=state)
        return ""
