"""Runs on a node: answers tasks with one judge per process, or refuses if its program or tools differ.

A node neither reads nor writes files of the head. It keeps only its judge between tasks, to save time.
"""

import hashlib
import pickle
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import ct_retrain
from ct_retrain.cluster.tasks import Task, answer_to
from ct_retrain.core.errors import ToolError
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.spec import JudgeSpec, judge_of


class NodeRequirements(NamedTuple):
    """What a node must match, so that its answers equal those of the head (the machine that sends tasks)."""

    spec: JudgeSpec
    """Settings of the judge, its tools, and the layers of its sandbox."""
    code: str
    """Digest of ct-retrain's code, see `code_digest`."""


class TaskResult(NamedTuple):
    """Result of one task."""

    text: str
    """The answer as JSON; see `cluster.tasks` for its form."""
    fault: str = ""
    """Why there is no answer, if the node's judge failed; else empty."""
    seconds: float = 0.0
    """How long the node took."""


class BatchReply(NamedTuple):
    """Answer of a node to a batch."""

    batch: int
    node: str
    """Address of the node."""
    answers: tuple[TaskResult, ...] = ()
    refused: str = ""
    """Why this node cannot answer: its program or tools differ from the head's, or it has no judge; else empty."""


def packed(batch: int, charter: NodeRequirements, tasks: Sequence[Task]) -> bytes:
    """Serialize *tasks* for a node, as bytes, so that Dask does not search them for futures."""
    return pickle.dumps((batch, charter, tuple(tasks)))


def reply_to(data: bytes, node: str) -> BatchReply:
    """Run on *node*: answer a batch that `packed` serialized."""
    batch, charter, tasks = pickle.loads(data)  # noqa: S301 - sent by the head, which may run any code here
    if refused := refusal(charter):
        return BatchReply(batch, node, refused=refused)
    return BatchReply(batch, node, tuple(_answer(task, charter.spec, node) for task in tasks))


def requirements_of(judge: Judge) -> NodeRequirements:
    """Return what a node must match to answer as *judge* does."""
    return NodeRequirements(JudgeSpec.of(judge), code_digest())


@cache
def code_digest() -> str:
    """Return a digest of the version and of every module that can change a verdict."""
    state = hashlib.sha256(ct_retrain.__version__.encode())
    root = Path(ct_retrain.__file__).parent
    for room in ("cluster", "core", "judge", "trace", "verilog"):
        for path in sorted(one for kind in ("*.py", "*.c") for one in (root / room).rglob(kind)):
            state.update(f"{path.relative_to(root)}".encode() + path.read_bytes())
    return state.hexdigest()


def refusal(charter: NodeRequirements) -> str:
    """Return why this machine cannot judge for a head with *charter*; empty if it can."""
    if charter.code != code_digest():
        return f"its program differs: ct-retrain {ct_retrain.__version__} with other code; install the head's version there"
    try:
        judge_of(charter.spec)
    except (ToolError, OSError) as error:
        return str(error)
    return ""


def _answer(task: Task, spec: JudgeSpec, node: str) -> TaskResult:
    began = time.perf_counter()
    try:
        text = answer_to(task, judge_of(spec))
        return TaskResult(text, seconds=time.perf_counter() - began)
    except (ToolError, OSError) as error:
        return TaskResult("", f"{node}: {error}")
