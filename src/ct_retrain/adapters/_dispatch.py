"""Spread requests over the servers of an arm; one that fails is left out, and its requests go to the others.

Only if none is left does the work fail. A request has a seed of its own, so who answers it makes no difference
beyond what a server's own rounding makes.
"""

import functools
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from ct_retrain.adapters._replica import Replica
from ct_retrain.core.errors import ToolError

T = TypeVar("T")

_LOG = structlog.get_logger("ct_retrain.adapters")


class ServerPool:
    """The servers of one arm, for many threads."""

    def __init__(self, replicas: Sequence[Replica]) -> None:
        self._replicas = replicas
        self._given = dict.fromkeys(replicas, 0)
        self._left_out: dict[Replica, str] = {}
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """Number of servers that are still asked."""
        return len(self._replicas) - len(self._left_out)

    def ask(self, question: Callable[[Replica, Callable[[], bool]], T], over: Callable[[], bool]) -> T:
        """Return what *question* gets from the server with the most room, or from another if that fails.

        *question* is told when to stop waiting: once *over* returns True, or its server is left out. Raise
        ToolError if no server is left, with the reason of each; if there is only one, its own error.
        """
        while True:
            replica = self._take()
            try:
                return question(replica, functools.partial(self._over, replica, over))
            except ToolError as error:
                if over() or len(self._replicas) == 1:
                    raise
                self._leave_out(replica, str(error))
            finally:
                with self._lock:
                    self._given[replica] -= 1

    def wake(self) -> None:
        """Make every waiting request check again whether it is wanted."""
        for replica in self._replicas:
            replica.throttle.wake()

    def _over(self, replica: Replica, over: Callable[[], bool]) -> bool:
        return over() or replica in self._left_out

    def _take(self) -> Replica:
        with self._lock:
            live = [one for one in self._replicas if one not in self._left_out]
            if not live:
                reasons = "; ".join(f"{one.url}: {reason}" for one, reason in self._left_out.items())
                raise ToolError(f"none of the {len(self._replicas)} servers is left: {reasons}")
            found = min(live, key=lambda one: self._given[one] / one.throttle.limit)
            self._given[found] += 1
            return found

    def _leave_out(self, replica: Replica, reason: str) -> None:
        with self._lock:
            if replica in self._left_out:
                return
            self._left_out[replica] = reason
        _LOG.warning("server left out", url=replica.url, left=self.left, reason=reason)
        replica.throttle.wake()
