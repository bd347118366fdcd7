"""What breaks in a cluster costs time, never a verdict: complete and the same, or one ToolError."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from tests.cluster.machines import Machines, cluster_judge, kill, machines, wait_for
from tests.small_workspace import bench, golden, wrong

from ct_retrain.cluster import watchdog
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge

pytestmark = pytest.mark.slow

DESIGNS = [
    Design(rtl=f"{text}// {number}", testbench=bench(width))
    for number in range(12)
    for width in (3, 4, 5)
    for text in (golden(width), wrong(width))
]
SOON = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "30s"}
"""A node that says nothing for so long is lost; the default is five minutes."""


@pytest.fixture(scope="module")
def ours(here: Judge) -> list[str]:
    return [verdict.model_dump_json() for verdict in check_all(here, DESIGNS)]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Machines]:
    with machines(tmp_path, workers=2, env=SOON) as made:
        yield made


def judged_while(made: Machines, trouble: Callable[[], None]) -> list[str]:
    """Verdicts of all designs, with *trouble* made once the first few are there."""
    with cluster_judge(made.address, patience=300.0) as judge:
        wait_for(lambda: "2 nodes" in judge.reach(), "both nodes are up")
        verdicts = check_all(judge, DESIGNS)
        found = [next(verdicts).model_dump_json()]
        troubled = threading.Thread(target=trouble)
        troubled.start()
        found += [verdict.model_dump_json() for verdict in verdicts]
        troubled.join()
        return found


def test_a_worker_is_killed_and_another_comes(pair: Machines, ours: list[str]) -> None:
    def trouble() -> None:
        kill(pair.workers[0])
        pair.start_worker()

    assert judged_while(pair, trouble) == ours


def test_a_node_is_lost_for_good(pair: Machines, ours: list[str]) -> None:
    assert judged_while(pair, lambda: kill(pair.workers[0])) == ours


def test_a_node_falls_silent_with_its_connection_open(pair: Machines, ours: list[str]) -> None:
    assert judged_while(pair, lambda: os.killpg(pair.workers[0].pid, signal.SIGSTOP)) == ours


def test_the_scheduler_is_started_again(pair: Machines, ours: list[str]) -> None:
    def trouble() -> None:
        assert pair.scheduler is not None
        kill(pair.scheduler)
        for worker in pair.workers:
            kill(worker)
        time.sleep(1)
        pair.start_scheduler()
        pair.start_worker()

    assert judged_while(pair, trouble) == ours


def test_a_cluster_that_never_comes_back_ends_with_words(
    pair: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    structlog.reset_defaults()
    monkeypatch.setattr(watchdog, "FIRST_WARNING", 2.0)
    with (
        cluster_judge(pair.address, patience=25.0) as judge,
        structlog.testing.capture_logs() as logs,
    ):
        judge.check(DESIGNS[0])
        pair.close()
        with pytest.raises(ToolError, match=r"no answer from the cluster for 25 s .*: tcp://127\.0\.0\.1:"):
            list(check_all(judge, DESIGNS))

    assert any(line["event"] == "cluster_waits" and pair.address in line["state"] for line in logs)
