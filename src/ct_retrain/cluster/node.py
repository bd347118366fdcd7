"""What runs on a node: one judge a process, which answers what the head's judge would, or refuses.

A node reads no file of the head's and leaves none. What it keeps between tasks is its judge, and that only saves time.
"""

import hashlib
import pickle
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import ct_retrain
from ct_retrain.cluster.tasks import Task, answer_to
from ct_retrain.core.errors import ToolError
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.spec import JudgeSpec, judge_of


class Charter(NamedTuple):
    """What a node must be, so that its answers are the head's."""

    spec: JudgeSpec
    """Of the judge: settings, tools, layers of the sandbox."""
    code: str
    """Digest of the program itself (`code_digest`)."""


class Answer(NamedTuple):
    """What came of one task."""

    text: str
    """JSON, as the task says."""
    fault: str = ""
    """Why there is none, where the judge of the node is at fault."""


class Reply(NamedTuple):
    """What a node says to a batch."""

    batch: int
    node: str
    """Its address."""
    answers: tuple[Answer, ...] = ()
    refused: str = ""
    """Why this node must not answer: its program or its tools are others, or no judge can be made there."""


def packed(batch: int, charter: Charter, tasks: Sequence[Task]) -> bytes:
    """*tasks* on their way to a node; bytes, so that Dask does not look for futures in them."""
    return pickle.dumps((batch, charter, tuple(tasks)))


def reply_to(data: bytes, node: str) -> Reply:
    """Runs on *node*: the answers to what `packed` packed."""
    batch, charter, tasks = pickle.loads(data)  # noqa: S301 - from the head, which may run anything here
    if refused := refusal(charter):
        return Reply(batch, node, refused=refused)
    return Reply(batch, node, tuple(_answer(task, charter.spec, node) for task in tasks))


def charter_of(judge: Judge) -> Charter:
    """What a node must be to answer as *judge* does."""
    return Charter(JudgeSpec.of(judge), code_digest())


@cache
def code_digest() -> str:
    """Of the version and of every module that a verdict depends on."""
    state = hashlib.sha256(ct_retrain.__version__.encode())
    root = Path(ct_retrain.__file__).parent
    for room in ("cluster", "core", "judge", "trace", "verilog"):
        for path in sorted(one for kind in ("*.py", "*.c") for one in (root / room).rglob(kind)):
            state.update(f"{path.relative_to(root)}".encode() + path.read_bytes())
    return state.hexdigest()


def refusal(charter: Charter) -> str:
    """Why this machine may not judge for one that is as *charter* says; "" where it may."""
    if charter.code != code_digest():
        return (
            f"another program: ct-retrain {ct_retrain.__version__} with other code; install the head's there"
        )
    try:
        judge_of(charter.spec)
    except (ToolError, OSError) as error:
        return str(error)
    return ""


def _answer(task: Task, spec: JudgeSpec, node: str) -> Answer:
    try:
        return Answer(answer_to(task, judge_of(spec)))
    except (ToolError, OSError) as error:
        return Answer("", f"{node}: {error}")
