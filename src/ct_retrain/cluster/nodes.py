"""What the dispatcher needs of a cluster, whatever runs it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ct_retrain.cluster.node import Answer
from ct_retrain.cluster.tasks import Task


class Lost(NamedTuple):
    """A batch that nobody answered, through no fault of what was asked: to be sent again."""

    why: str


class Failed(NamedTuple):
    """A batch that cannot be answered by this cluster."""

    why: str


Ending = tuple[Answer, ...] | Lost | Failed
Deliver = Callable[[Ending], None]


class Nodes(Protocol):
    """Machines that answer; safe to call from one thread, and *deliver* is called from another."""

    @property
    def room(self) -> int:
        """Batches that may be under way: two for each that is worked on, so that no processor waits; 0 for now none."""
        ...

    @property
    def state(self) -> str:
        """What is waited for, for a person: `tls://head:8786: no worker has come up yet`."""
        ...

    def need(self) -> None:
        """There is work: nodes that were given back are wanted again."""
        ...

    def send(self, tasks: Sequence[Task], deliver: Deliver) -> None:
        """Have *tasks* answered in one go; *deliver* is called once, with as many answers or why there are none."""
        ...

    def close(self) -> None:
        """Give everything back; what is under way is not delivered."""
        ...
