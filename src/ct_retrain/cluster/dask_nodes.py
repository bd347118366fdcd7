"""The nodes of a Dask cluster: send batches of tasks, deliver the replies, and follow which nodes are up.

Two threads run: one keeps the connection and the list of nodes, the other collects finished batches, as many at once
as there are.
"""

import itertools
import math
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from ct_retrain.cluster.connection import Connection
from ct_retrain.cluster.node import BatchReply, NodeRequirements, packed, reply_to
from ct_retrain.cluster.nodes import BATCHES_PER_PROCESSOR, Deliver, FailedBatch, LostBatch
from ct_retrain.cluster.tasks import Task
from ct_retrain.core.errors import CtRetrainError

if TYPE_CHECKING:
    from distributed import Future

_POLL_SECONDS = 1.0
"""Seconds between two checks of the cluster."""
_MIN_BATCHES = 4
"""Batches sent to a cluster that has no node yet, so that a cluster which scales with its load starts nodes."""
_RETRIES = 3
"""Retries of a task that fails on a node for a reason other than the judge, such as a missing program."""

_LOG = structlog.get_logger("ct_retrain.cluster")


class ConnectionOptions(NamedTuple):
    """How to reach the cluster."""

    connect: Callable[[], Connection]
    name: str
    """Name to show: the scheduler's address, or the queue and the number of jobs."""
    idle_seconds: float
    """Close the connection, and end the jobs, after this many seconds without work."""


class _Sent(NamedTuple):
    future: "Future[BatchReply]"
    connection: Connection
    deliver: Deliver


class DaskNodes:
    """The nodes of one cluster; reconnects when the connection is lost."""

    def __init__(
        self,
        way: ConnectionOptions,
        charter: NodeRequirements,
        run: Callable[[bytes], BatchReply] | None = None,
    ) -> None:
        """Connect in the background once there is work; only nodes that match *charter* answer.

        *run* is the function that a node calls with the result of `node.packed`; by default it judges.
        """
        self._way, self._charter, self._run = way, charter, run or _judged
        self._connection: Connection | None = None
        self._threads: dict[str, int] = {}
        self._refusing: dict[str, str] = {}
        self._processors = 0
        self._sent: dict[int, _Sent] = {}
        self._numbers = itertools.count(1)
        self._back: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._needed = -math.inf
        self._trouble = "not connected"
        self._fatal = ""
        self._closed = threading.Event()
        for task in (self._stay_connected, self._collect):
            threading.Thread(target=task, name=f"cluster{task.__name__}", daemon=True).start()

    @property
    def room(self) -> int:
        """Number of batches that may be in flight."""
        if self._fatal:
            return len(self._sent) + 1  # a batch that is sent now fails at once
        if self._connection is None or not self._connection.answers:
            return 0
        return max(BATCHES_PER_PROCESSOR * self._processors, _MIN_BATCHES)

    @property
    def state(self) -> str:
        """Describe the cluster for a message: connection, number of nodes and processors."""
        connected = self._connection is not None and self._connection.answers
        if not connected:
            return f"{self._way.name}: {self._trouble}"
        if not self._threads:
            return f"{self._way.name} is connected, but has no node yet"
        return (
            f"{self._way.name} has {len(self._threads)} nodes with {sum(self._threads.values())} processors"
        )

    def need(self) -> None:
        """Tell that there is work: connect, if not connected."""
        self._needed = time.monotonic()

    def send(self, tasks: Sequence[Task], deliver: Deliver) -> None:
        """Send *tasks* to one node; *deliver* gets their answers later, or the reason why there are none."""
        connection = self._connection
        if self._fatal:
            deliver(FailedBatch(self._fatal))
            return
        if connection is None or not connection.answers:
            deliver(LostBatch(self.state))
            return
        number = next(self._numbers)
        data = packed(number, self._charter, tasks)
        try:
            future = connection.client.submit(self._run, data, pure=False, retries=_RETRIES, **self._placed())
        except (OSError, RuntimeError) as error:  # the client was closed meanwhile
            deliver(LostBatch(str(error)))
            return
        self._sent[number] = _Sent(future, connection, deliver)
        future.add_done_callback(lambda _: self._back.put(number))

    def close(self) -> None:
        """Disconnect, and end the queue's jobs."""
        self._closed.set()
        self._back.put(None)
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._trouble = "not connected"
        self._follow({})
        if connection is not None:
            connection.close()

    def _placed(self) -> dict[str, Any]:
        """Return the arguments of `submit` that avoid nodes which refuse, as long as there are others."""
        good = [node for node in self._threads if node not in self._refusing]
        return {"workers": good, "allow_other_workers": True} if self._refusing and good else {}

    def _stay_connected(self) -> None:
        """Keep the connection and the list of nodes up to date, until closed."""
        while not self._closed.is_set():
            try:
                self._poll()
            except OSError as error:
                self._trouble = f"nobody answers: {error}"
                self._follow({})
            except CtRetrainError as error:
                self._fatal = str(error)
                return
            except BaseException as error:
                self._fatal = f"the connection to {self._way.name} broke: {type(error).__name__}: {error}"
                raise
            self._closed.wait(_POLL_SECONDS)
        self._disconnect()  # a connection that was made during `close`

    def _poll(self) -> None:
        if self._needed == -math.inf or time.monotonic() - self._needed > self._way.idle_seconds:
            self._disconnect()
            return
        connection = self._connection
        if connection is None or connection.over:
            self._connection = connection = self._way.connect()
        if self._closed.is_set():
            return
        if connection.answers:
            connection.ask_for_jobs()
            self._follow(connection.client.nthreads())
        else:
            self._trouble = "the connection to the scheduler was lost; reconnecting"
            self._follow({})

    def _follow(self, threads: Mapping[str, int]) -> None:
        """Take *threads*, node → processors, as those that are up, and count what does not refuse, once for all designs."""
        self._threads = dict(threads)
        self._processors = sum(count for node, count in threads.items() if node not in self._refusing)

    def _collect(self) -> None:
        """Deliver finished batches, all that are there at once."""
        while (first := self._back.get()) is not None:
            numbers = [first]
            while not self._back.empty():
                if (more := self._back.get()) is None:
                    return
                numbers.append(more)
            sent = {number: self._sent.pop(number) for number in numbers}
            replies = _gathered(list(sent.values()))
            for number, one in sent.items():
                reply = replies.get(number)
                one.deliver(_why_none(one.future) if reply is None else self._read(reply))

    def _read(self, reply: BatchReply) -> Any:
        if not reply.refused:
            return reply.answers
        if reply.node not in self._refusing:
            _LOG.warning("cluster_node_refuses", node=reply.node, why=reply.refused)
        self._refusing[reply.node] = reply.refused
        self._follow(self._threads)
        if self._threads and set(self._threads) <= set(self._refusing):
            return FailedBatch(f"no node can judge for this machine. {reply.node}: {reply.refused}")
        return LostBatch(f"{reply.node} cannot judge for this machine")


def _judged(data: bytes) -> BatchReply:
    """Run on a node: answer the batch *data*, signed with the node's address."""
    from distributed import get_worker

    return reply_to(data, get_worker().address)


def _gathered(sent: Sequence[_Sent]) -> dict[int, BatchReply]:
    """Return batch number → reply, for the batches that finished without error."""
    found: dict[int, BatchReply] = {}
    for connection in {id(one.connection): one.connection for one in sent}.values():
        futures = [
            one.future for one in sent if one.connection is connection and one.future.status == "finished"
        ]
        try:
            replies: list[BatchReply] = connection.client.gather(futures, errors="skip") if futures else []
        except (OSError, RuntimeError):
            continue
        found.update({reply.batch: reply for reply in replies})
    return found


def _why_none(future: "Future[BatchReply]") -> LostBatch | FailedBatch:
    """Return why a batch has no reply: LostBatch, if a node or the connection was lost, or FailedBatch."""
    from distributed.scheduler import KilledWorker

    error = future.exception(timeout=1) if future.status == "error" else None
    match error:
        case None:
            return LostBatch("the cluster lost it")
        case KilledWorker():
            return FailedBatch(f"nodes died one after another on the same designs: {error}")
        case _:
            return FailedBatch(
                f"nodes cannot run their tasks, {type(error).__name__}: {error}; is ct-retrain of the head's "
                "version installed on each node?"
            )
