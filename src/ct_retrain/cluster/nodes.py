"""The protocol that the dispatcher needs of a cluster."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ct_retrain.cluster.node import TaskResult
from ct_retrain.cluster.tasks import Task

BATCHES_PER_PROCESSOR = 2
"""Batches in flight for each processor of every node: while it works on one, the next is on its way."""


class LostBatch(NamedTuple):
    """A batch that got no answer, for a reason unrelated to its questions; it is sent again."""

    why: str


class FailedBatch(NamedTuple):
    """A batch that this cluster cannot answer; it is not sent again."""

    why: str


Ending = tuple[TaskResult, ...] | LostBatch | FailedBatch
Deliver = Callable[[Ending], None]


class Nodes(Protocol):
    """Machines that answer tasks. Its methods are called from one thread; *deliver* may be called from another."""

    @property
    def room(self) -> int:
        """Number of batches that may be in flight: `BATCHES_PER_PROCESSOR` for each; 0 if none now."""
        ...

    @property
    def state(self) -> str:
        """Describe the cluster's state for a message, as in `tls://head:8786 is connected, but has no node yet`."""
        ...

    def need(self) -> None:
        """Tell that there is work, so that nodes that were released are acquired again."""
        ...

    def send(self, tasks: Sequence[Task], deliver: Deliver) -> None:
        """Send *tasks* as one batch; *deliver* is called once, with one answer per task or the reason for none."""
        ...

    def close(self) -> None:
        """Release all nodes; batches in flight are not delivered."""
        ...
