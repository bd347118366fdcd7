"""Groups questions into batches, sends them to nodes, and sends lost batches again.

A Dask task costs the head and the scheduler milliseconds, so a batch holds several short questions; but batches stay
small enough that every node has work, and that no node is the last with many. `cluster.watchdog` reports when no
answer comes.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial
from typing import NamedTuple

import structlog

from ct_retrain.cluster.node import TaskResult
from ct_retrain.cluster.nodes import BATCHES_PER_PROCESSOR, Ending, FailedBatch, LostBatch, Nodes
from ct_retrain.cluster.tasks import Task, weight_of
from ct_retrain.cluster.watchdog import Watchdog
from ct_retrain.core.errors import ToolError

BATCH = 32
"""Largest number of judgements in a batch, so that a lost node loses little."""
_TASKS_PER_SECOND = 200
"""Batches a second that head and scheduler are to handle; with more nodes, batches last longer."""
_SHORTEST_SECONDS = 0.5
"""Seconds that a batch is to take a node at least, so that handling it costs little beside."""
_FIRST_GUESS, _LEAST_SECONDS, _LATELY = 0.25, 0.001, 1 / 16
"""Seconds a judgement before any is answered, and at least; and the weight of each new one in their mean."""
_FEWEST_AHEAD = 4096
"""Questions without an answer at least, so that one that takes long does not hold up the others."""
_BATCH_SECONDS = 0.005
"""Seconds that a batch which is not full waits for more questions."""
_RETRY_SECONDS = 0.2
"""Seconds before a lost batch is sent again, and between two checks of how long no answer came."""
_FAULTS = 3
"""Number of nodes whose judges must fail on a question before the failure is believed."""
_CLOSED = "the cluster was closed before it answered: run again"

_LOG = structlog.get_logger("ct_retrain.cluster")


class _Question(NamedTuple):
    task: Task
    answer: Future[str]
    faults: int = 0


class Dispatcher:
    """Sends questions to nodes and returns their answers; may be shared between threads."""

    def __init__(self, nodes: Nodes, patience: float) -> None:
        """Use *nodes*; give up after *patience* seconds without any answer."""
        self._nodes, self._watchdog = nodes, Watchdog(patience)
        self._changed = threading.Condition()
        self._waiting: deque[_Question] = deque()
        self._away: dict[int, list[_Question]] = {}
        self._sent = 0
        self._seconds = _FIRST_GUESS
        self._rest_until = 0.0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="cluster", daemon=True)
        self._thread.start()

    def ask(self, task: Task) -> str:
        """Return a node's answer to *task* as JSON; block until it arrives. Raise ToolError if no node could answer."""
        return self.submit(task).result()

    def submit(self, task: Task) -> Future[str]:
        """Return a future for a node's answer to *task*; it may be cancelled until the task is sent."""
        answer: Future[str] = Future()
        with self._changed:
            if self._closed:
                raise ToolError(_CLOSED)
            if not self._busy:
                self._watchdog.heard()
            self._waiting.append(_Question(task, answer))
            if len(self._waiting) in (1, BATCH):  # what `_run` waits for; waking it for each would cost more
                self._changed.notify_all()
        return answer

    @property
    def ahead(self) -> int:
        """Number of questions without an answer that keep all nodes busy."""
        return max(BATCH * self._nodes.room, _FEWEST_AHEAD)

    @property
    def batches(self) -> int:
        """Number of batches sent so far, lost ones included."""
        return self._sent

    def close(self) -> None:
        """Send nothing more; threads that still wait get a ToolError."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._give_up(_CLOSED)

    @property
    def _busy(self) -> bool:
        return bool(self._waiting or self._away)

    @property
    def _questions(self) -> int:
        """Number of questions without an answer, waiting or sent."""
        return len(self._waiting) + sum(map(len, self._away.values()))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._due, _RETRY_SECONDS)
                if self._closed:
                    return
                if self._due() and len(self._waiting) < BATCH:
                    self._changed.wait_for(lambda: len(self._waiting) >= BATCH, _BATCH_SECONDS)
                batch = self._taken() if self._due() else []
                number = self._sent
            if batch:
                self._nodes.send([one.task for one in batch], partial(self._ended, number))
            self._watch()

    def _due(self) -> bool:
        """Whether a batch can be sent now, or the dispatcher is closed."""
        rested = time.monotonic() >= self._rest_until
        return self._closed or (bool(self._waiting) and rested and len(self._away) < self._nodes.room)

    def _taken(self) -> list[_Question]:
        """Take the next batch from the queue: a full one if there is work for all nodes, else one node's share.

        A share is of all open questions: if it were of the waiting ones, the one node that is free would take them
        all, and be the last to answer.
        """
        room = max(1, self._nodes.room)
        most, weight = min(BATCH, math.ceil(self._questions / room), self._enough(room)), 0
        batch: list[_Question] = []
        while self._waiting and (not batch or weight + weight_of(self._waiting[0].task) <= most):
            question = self._waiting.popleft()
            if _wanted(question):
                weight += weight_of(question.task)
                batch.append(question)
        if batch:
            self._sent += 1
            self._away[self._sent] = batch
        return batch

    def _enough(self, room: int) -> int:
        """Return how many judgements make a batch that lasts as long as it should, by what they took lately."""
        should = max(_SHORTEST_SECONDS, room / BATCHES_PER_PROCESSOR / _TASKS_PER_SECOND)
        return math.ceil(should / max(self._seconds, _LEAST_SECONDS))

    def _ended(self, number: int, ending: Ending) -> None:
        """Handle the *ending* of batch *number*; called from a thread of the nodes."""
        with self._changed:
            batch = self._away.pop(number, [])
            match ending:
                case LostBatch(why):
                    self._again(batch, why)
                    done: list[tuple[_Question, TaskResult]] = []
                case FailedBatch(why):
                    done = [(question, TaskResult("", why)) for question in batch]
                case _:
                    self._watchdog.heard()
                    done = self._settled_ones(zip(batch, ending, strict=True) if batch else ())
            self._changed.notify_all()
        _settle(done)

    def _again(self, batch: list[_Question], why: str) -> None:
        _LOG.warning("cluster_sends_again", questions=len(batch), why=why)
        self._rest_until = time.monotonic() + _RETRY_SECONDS
        self._waiting.extendleft(reversed(batch))

    def _settled_ones(
        self, answered: Iterable[tuple[_Question, TaskResult]]
    ) -> list[tuple[_Question, TaskResult]]:
        """Return the questions that are settled; one on which a node's judge fails is sent to another node first."""
        done: list[tuple[_Question, TaskResult]] = []
        for question, answer in answered:
            took = answer.seconds / max(1, weight_of(question.task))
            self._seconds += (took - self._seconds) * _LATELY
            if answer.fault and question.faults + 1 < _FAULTS:
                self._again([question._replace(faults=question.faults + 1)], answer.fault)
            else:
                done.append((question, answer))
        return done

    def _watch(self) -> None:
        with self._changed:
            if not self._busy:
                return
            self._nodes.need()
            why = self._watchdog.gave_up(self._questions, self._nodes.state)
        if why:
            self._give_up(why)

    def _give_up(self, why: str) -> None:
        with self._changed:
            left = [*filter(_wanted, self._waiting), *(one for batch in self._away.values() for one in batch)]
            self._waiting.clear()
            self._away.clear()
        _settle([(question, TaskResult("", why)) for question in left])


def _wanted(question: _Question) -> bool:
    """Return whether somebody waits for it; from then on, it cannot be cancelled."""
    return question.answer.running() or question.answer.set_running_or_notify_cancel()


def _settle(done: Iterable[tuple[_Question, TaskResult]]) -> None:
    for question, answer in done:
        if answer.fault:
            question.answer.set_exception(ToolError(answer.fault))
        else:
            question.answer.set_result(answer.text)
