"""Questions of many threads become batches, come back in one piece, and never wait in silence."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog

from ct_retrain.cluster import watchdog
from ct_retrain.cluster.dispatcher import BATCH, Dispatcher
from ct_retrain.cluster.node import TaskResult
from ct_retrain.cluster.nodes import Deliver, Ending, FailedBatch, LostBatch
from ct_retrain.cluster.tasks import AppraisalTask, CheckTask, Task
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.verdict import Design


def question(name: str) -> CheckTask:
    return CheckTask(part="whole", design=Design(rtl=name, testbench=""))


def name_of(task: Task) -> str:
    return task.design.rtl if isinstance(task, CheckTask) else "worth"


def answered(tasks: Sequence[Task], each: float) -> Ending:
    return tuple(TaskResult(json.dumps(name_of(task)), seconds=each) for task in tasks)


class Threads:
    """Nodes that are threads; *endings* are said instead of the first answers."""

    state = "threads in a test"

    def __init__(self, room: int, *endings: Ending, seconds: float = 0.0, each: float = 0.0) -> None:
        self.room, self._seconds, self._each = room, seconds, each
        self._endings = deque(endings)
        self.batches: list[list[str]] = []
        self._pool = ThreadPoolExecutor(8)

    def need(self) -> None:
        pass

    def send(self, tasks: Sequence[Task], deliver: Deliver) -> None:
        self.batches.append([name_of(task) for task in tasks])
        ending = self._endings.popleft() if self._endings else None
        self._pool.submit(self._answer, tasks, ending, deliver)

    def _answer(self, tasks: Sequence[Task], ending: Ending | None, deliver: Deliver) -> None:
        time.sleep(self._seconds)
        deliver(ending if ending is not None else answered(tasks, self._each))

    def close(self) -> None:
        self._pool.shutdown()


class Silent(Threads):
    """Nodes that take everything and say nothing."""

    def send(self, tasks: Sequence[Task], deliver: Deliver) -> None:
        del deliver
        self.batches.append([name_of(task) for task in tasks])


@pytest.fixture(autouse=True)
def loud() -> None:
    """What is logged is looked at here."""
    structlog.reset_defaults()


Start = Callable[..., Dispatcher]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[tuple[Dispatcher, Threads]] = []

    def begin(nodes: Threads, patience: float = 60.0) -> Dispatcher:
        dispatcher = Dispatcher(nodes, patience)
        started.append((dispatcher, nodes))
        return dispatcher

    yield begin
    for dispatcher, nodes in started:
        dispatcher.close()
        nodes.close()


def asked(dispatcher: Dispatcher, names: Sequence[str]) -> list[str]:
    with ThreadPoolExecutor(len(names)) as pool:
        return [json.loads(text) for text in pool.map(dispatcher.ask, map(question, names))]


def test_everybody_gets_the_answer_to_what_they_asked(start: Start) -> None:
    nodes = Threads(room=2, seconds=0.01)
    names = [str(number) for number in range(200)]

    assert asked(start(nodes), names) == names
    assert sorted(name for batch in nodes.batches for name in batch) == sorted(names)
    assert max(map(len, nodes.batches)) == BATCH


def test_the_first_node_that_is_free_does_not_take_all_that_waits(start: Start) -> None:
    nodes = Threads(room=8, seconds=0.3)
    dispatcher = start(nodes)

    with ThreadPoolExecutor(2) as pool:
        pool.submit(asked, dispatcher, [str(number) for number in range(8)])
        time.sleep(0.1)
        pool.submit(asked, dispatcher, [str(number) for number in range(8, 28)])

    assert max(map(len, nodes.batches)) <= 4


def test_a_few_questions_are_spread_over_all_nodes(start: Start) -> None:
    nodes = Threads(room=8, seconds=0.1)

    asked(start(nodes), [str(number) for number in range(8)])

    assert len(nodes.batches) >= 4


@pytest.mark.parametrize(
    ("processors", "each", "most"),
    [(1, 0.02, 25), (1, 0.05, 10), (1, 0.6, 1), (64, 0.25, 2), (512, 0.25, 11), (512, 2.5, 2)],
)
def test_a_batch_lasts_long_enough_for_head_and_scheduler_and_no_longer(
    processors: int, each: float, most: int, start: Start
) -> None:
    nodes = Threads(room=2 * processors, each=each)
    dispatcher = start(nodes)
    for name in range(100):
        dispatcher.ask(question(str(name)))

    nodes.room = 0
    answers = [dispatcher.submit(question(str(name))) for name in range(64 * processors)]
    nodes.room = 2 * processors

    for answer in answers:
        answer.result()
    assert max(map(len, nodes.batches)) == most


def test_what_nobody_waits_for_any_longer_is_not_sent(start: Start) -> None:
    nodes = Threads(room=1, seconds=0.2)
    dispatcher = start(nodes)
    first = dispatcher.submit(question("first"))
    while not nodes.batches:
        time.sleep(0.01)
    second, third = dispatcher.submit(question("second")), dispatcher.submit(question("third"))

    assert second.cancel()
    assert [json.loads(answer.result()) for answer in (first, third)] == ["first", "third"]
    assert nodes.batches == [["first"], ["third"]]


def test_a_testbench_to_try_goes_alone(start: Start) -> None:
    nodes = Threads(room=1, seconds=0.2)
    dispatcher = start(nodes)
    worth = AppraisalTask(golden=Design(rtl="", testbench=""), most=20)
    with ThreadPoolExecutor(4) as pool:
        for task in (question("first"), question("second"), worth, question("third")):
            pool.submit(dispatcher.ask, task)
            time.sleep(0.02)

    assert ["worth"] in nodes.batches


def test_what_was_lost_is_sent_again(start: Start) -> None:
    nodes = Threads(2, LostBatch("a node died"), LostBatch("and another"))

    with structlog.testing.capture_logs() as logs:
        assert asked(start(nodes), ["a", "b", "c"]) == ["a", "b", "c"]
    assert {line["why"] for line in logs if line["event"] == "cluster_sends_again"} == {
        "a node died",
        "and another",
    }


def test_what_no_cluster_can_answer_ends_with_its_words(start: Start) -> None:
    with pytest.raises(ToolError, match="no node has these tools"):
        start(Threads(2, FailedBatch("no node has these tools"))).ask(question("a"))


def test_the_judge_of_one_node_may_fail(start: Start) -> None:
    full = (TaskResult("", "node 7: the disk is full"),)

    assert asked(start(Threads(1, full)), ["a"]) == ["a"]


def test_judges_that_fail_everywhere_are_believed(start: Start) -> None:
    full = (TaskResult("", "node 7: the disk is full"),)

    with pytest.raises(ToolError, match="node 7: the disk is full"):
        start(Threads(1, full, full, full)).ask(question("a"))


@pytest.mark.parametrize("nodes", [Threads(0), Silent(4)], ids=["nowhere to send", "no answer"])
def test_silence_is_told_and_then_ends_with_words(
    nodes: Threads, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "FIRST_WARNING", 0.2)

    with structlog.testing.capture_logs() as logs, pytest.raises(ToolError) as raised:
        start(nodes, patience=1.0).ask(question("a"))

    assert [line["state"] for line in logs if line["event"] == "cluster_waits"] == ["threads in a test"]
    assert (
        "no answer from the cluster for 1 s (cluster.patience): threads in a test; 1 questions wait"
        in str(raised.value)
    )


def test_silence_before_the_first_question_counts_for_nothing(start: Start) -> None:
    dispatcher = start(Threads(2, seconds=0.3), patience=0.6)
    time.sleep(0.8)

    assert dispatcher.ask(question("a")) == '"a"'


def test_closing_answers_whoever_waits(start: Start) -> None:
    dispatcher = start(Silent(4))
    threading.Timer(0.2, dispatcher.close).start()

    with pytest.raises(ToolError, match="was closed before it answered"):
        dispatcher.ask(question("a"))
    with pytest.raises(ToolError, match="was closed before it answered"):
        dispatcher.ask(question("b"))
