"""Nodes of a Dask cluster: tasks go out and come back by its client, and what becomes of the cluster is followed.

Two threads: one keeps the connection and knows the nodes, the other collects what has come back, all of it at once.
"""

import itertools
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from ct_retrain.cluster.connection import Connection
from ct_retrain.cluster.node import Charter, Reply, packed, reply_to
from ct_retrain.cluster.nodes import Deliver, Failed, Lost
from ct_retrain.cluster.tasks import Task
from ct_retrain.core.errors import CtRetrainError

if TYPE_CHECKING:
    from distributed import Future

_LOOK = 1.0
"""Seconds between two looks at the cluster."""
_LEAST = 4
"""Batches that are sent to a cluster without nodes, so that one which grows with its work does."""
_RETRIES = 3
"""Of a task that breaks on a node for a reason that is not the judge's, such as a program that is not installed."""

_LOG = structlog.get_logger("ct_retrain.cluster")


class Way(NamedTuple):
    """How the cluster is reached."""

    connect: Callable[[], Connection]
    name: str
    """For a person: its address, or what is asked for nodes."""
    idle_seconds: float
    """The connection is closed, and jobs with it, after so long with nothing to do."""


class _Sent(NamedTuple):
    future: "Future[Reply]"
    connection: Connection
    deliver: Deliver


class DaskNodes:
    """The nodes of one cluster, found again when the connection is lost."""

    def __init__(self, way: Way, charter: Charter, run: Callable[[bytes], Reply] | None = None) -> None:
        """Connect in the background once there is work; a node must be as *charter* says.

        *run* is what a node does with what `node.packed` packed: by default it judges.
        """
        self._way, self._charter, self._run = way, charter, run or _judged
        self._connection: Connection | None = None
        self._threads: dict[str, int] = {}
        self._refusing: dict[str, str] = {}
        self._sent: dict[int, _Sent] = {}
        self._numbers = itertools.count(1)
        self._back: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._needed = -math.inf
        self._trouble = "not connected"
        self._fatal = ""
        self._closed = threading.Event()
        for task in (self._keep, self._collect):
            threading.Thread(target=task, name=f"cluster{task.__name__}", daemon=True).start()

    @property
    def room(self) -> int:
        """Batches that may be under way: two a processor of every node."""
        if self._fatal:
            return len(self._sent) + 1  # what is sent fails at once
        if self._connection is None or not self._connection.answers:
            return 0
        good = sum(count for node, count in self._threads.items() if node not in self._refusing)
        return max(2 * good, _LEAST)

    @property
    def state(self) -> str:
        """What is waited for."""
        connected = self._connection is not None and self._connection.answers
        if not connected:
            return f"{self._way.name}: {self._trouble}"
        if not self._threads:
            return f"{self._way.name} is reached, and no node has come up yet"
        return (
            f"{self._way.name} has {len(self._threads)} nodes with {sum(self._threads.values())} processors"
        )

    def need(self) -> None:
        """There is work: connect, if that was not done or was given up."""
        self._needed = time.monotonic()

    def send(self, tasks: Sequence[Task], deliver: Deliver) -> None:
        """Have *tasks* answered by one node."""
        connection = self._connection
        if self._fatal:
            deliver(Failed(self._fatal))
            return
        if connection is None or not connection.answers:
            deliver(Lost(self.state))
            return
        number = next(self._numbers)
        data = packed(number, self._charter, tasks)
        try:
            future = connection.client.submit(self._run, data, pure=False, retries=_RETRIES, **self._placed())
        except (OSError, RuntimeError) as error:  # the client was closed a moment ago
            deliver(Lost(str(error)))
            return
        self._sent[number] = _Sent(future, connection, deliver)
        future.add_done_callback(lambda _: self._back.put(number))

    def close(self) -> None:
        """Disconnect; jobs end."""
        self._closed.set()
        self._back.put(None)
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._threads, self._trouble = {}, "not connected"
        if connection is not None:
            connection.close()

    def _placed(self) -> dict[str, Any]:
        """Where a task should run: anywhere but on nodes that refuse, as long as there are others."""
        good = [node for node in self._threads if node not in self._refusing]
        return {"workers": good, "allow_other_workers": True} if self._refusing and good else {}

    def _keep(self) -> None:
        """Hold the connection, and know the nodes."""
        while not self._closed.is_set():
            try:
                self._look()
            except OSError as error:
                self._trouble = f"nobody answers: {error}"
                self._threads = {}
            except CtRetrainError as error:
                self._fatal = str(error)
                return
            except BaseException as error:
                self._fatal = f"the connection to {self._way.name} broke: {type(error).__name__}: {error}"
                raise
            self._closed.wait(_LOOK)
        self._disconnect()  # what was connected while it was closed

    def _look(self) -> None:
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
            self._threads = dict(connection.client.nthreads())
        else:
            self._trouble = "the scheduler was lost; it is tried again"
            self._threads = {}

    def _collect(self) -> None:
        """Deliver what comes back, as much as there is in one go."""
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

    def _read(self, reply: Reply) -> Any:
        if not reply.refused:
            return reply.answers
        if reply.node not in self._refusing:
            _LOG.warning("cluster_node_refuses", node=reply.node, why=reply.refused)
        self._refusing[reply.node] = reply.refused
        if self._threads and set(self._threads) <= set(self._refusing):
            return Failed(f"no node may judge for this machine. {reply.node}: {reply.refused}")
        return Lost(f"{reply.node} may not judge for this machine")


def _judged(data: bytes) -> Reply:
    """Runs on a node, which is known by its address."""
    from distributed import get_worker

    return reply_to(data, get_worker().address)


def _gathered(sent: Sequence[_Sent]) -> dict[int, Reply]:
    """Batch → its reply, of those that ended well."""
    found: dict[int, Reply] = {}
    for connection in {id(one.connection): one.connection for one in sent}.values():
        futures = [
            one.future for one in sent if one.connection is connection and one.future.status == "finished"
        ]
        try:
            replies: list[Reply] = connection.client.gather(futures, errors="skip") if futures else []
        except (OSError, RuntimeError):
            continue
        found.update({reply.batch: reply for reply in replies})
    return found


def _why_none(future: "Future[Reply]") -> Lost | Failed:
    """Why a batch has no reply: what a node or the connection took along is sent again."""
    from distributed.scheduler import KilledWorker

    error = future.exception(timeout=1) if future.status == "error" else None
    match error:
        case None:
            return Lost("the cluster lost it")
        case KilledWorker():
            return Failed(f"one node after the other died with the same designs: {error}")
        case _:
            return Failed(
                f"nodes cannot run what they are sent, {type(error).__name__}: {error}; is ct-retrain of the head's "
                "version installed on each?"
            )
