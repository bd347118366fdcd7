"""What judging on a cluster costs beside judging here, and how many nodes one head keeps busy.

Run it as `python benchmarks/cluster.py`; it takes about six minutes and needs Icarus Verilog and the extra
`cluster`. Scheduler, nodes and head are processes of their own on this machine.

The first table judges for real: the same designs by the local pool and by 1, 2, 4 and 8 nodes, in processor time of
everything that takes part. Scheduler and nodes also spend some when nobody asks, which a busy machine stretches over
fewer designs: that part is measured before, and is a column of its own. The second lets nodes sleep in the place of judging, so that 64 and 512 of them fit on
one machine: what is real there is the head, the scheduler and every task. Efficiency is the time that the nodes
slept in all of the time that they could have. Head and scheduler are one Python process each, so the one that takes
longer a design is full at one core; that rate, and how many nodes ask for it, is the last column. Nodes that sleep
cost this machine their own processes as well: where `this machine` nears 100 %, it is what limits the row.
"""

import argparse
import contextlib
import json
import math
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from _spent import spent, spent_by
from ct_retrain.cluster.connection import Connection
from ct_retrain.cluster.dask_nodes import ConnectionOptions, DaskNodes
from ct_retrain.cluster.jobs import QUIET
from ct_retrain.cluster.judge import Cluster, ClusterJudge
from ct_retrain.cluster.node import BatchReply, TaskResult, requirements_of
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge
from judge import designs

SETTINGS = JudgeSettings()
THREADS = 64
"""Sleeping nodes in one process, at most."""
REST = 5.0
"""Seconds in which what is spent at rest is measured."""
RATE = 4000
"""Designs a second for which a row of the second table is sized, at most, so that it does not take minutes."""


class Started(NamedTuple):
    """A scheduler and its nodes."""

    address: str
    scheduler: int
    nodes: list[int]

    def spent(self) -> float:
        """Processor seconds so far, of all of them."""
        return sum(map(spent_by, (self.scheduler, *self.nodes)))

    def at_rest(self) -> float:
        """Processor seconds a second that they spend when nobody asks."""
        before = self.spent()
        time.sleep(REST)
        return (self.spent() - before) / REST


@contextlib.contextmanager
def started(count: int, threads: int = 1) -> Iterator[Started]:
    """A scheduler on loopback, with *count* processes of *threads* nodes each."""
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        where = Path(place, "scheduler.json")
        quiet = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0", "--host", "127.0.0.1")

        def start(program: str, *argv: str) -> int:
            command = [sys.executable, "-m", f"distributed.cli.{program}", *quiet, *argv]
            process = subprocess.Popen(
                command,
                cwd=place,
                env={**os.environ, **QUIET},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process.pid

        scheduler = start("dask_scheduler", "--port", "0", "--scheduler-file", str(where))
        while not where.exists():
            time.sleep(0.1)
        worker = ("--scheduler-file", str(where), "--nthreads", str(threads), "--no-nanny")
        nodes = [start("dask_worker", *worker) for _ in range(count)]
        yield Started(json.loads(where.read_text())["address"], scheduler, nodes)


class Turn(NamedTuple):
    """One way of having designs judged."""

    way: str
    seconds: float
    all_ms: float
    """Processor milliseconds a design, of all processes."""
    head_ms: float
    """Of this process and the local judge's."""
    scheduler_ms: float
    rest_ms: float
    """What scheduler and nodes spend in this time when nobody asks."""


def turn(
    way: str, check: Callable[[], object], count: int, on: Started | None = None, rest: float = 0.0
) -> Turn:
    """Let *check* judge *count* designs, while *on* spends *rest* processor seconds a second anyway."""

    def so_far() -> tuple[float, float, float]:
        others = on.spent() if on else 0.0
        return spent(), others, spent_by(on.scheduler) if on else 0.0

    before, began = so_far(), time.perf_counter()
    check()
    seconds, after = time.perf_counter() - began, so_far()
    everything, there, scheduler = (
        1000 * (late - early) / count for early, late in zip(before, after, strict=True)
    )
    return Turn(way, seconds, everything, everything - there, scheduler, 1000 * rest * seconds / count)


def real(counts: Sequence[int], amount: int) -> Iterator[Turn]:
    """The local pool with as many workers, and clusters of *counts* nodes, judging the same."""
    batch = designs(2 * amount)
    warm, measured = batch[:amount], batch[amount:]
    for count in counts:
        with Judge(SETTINGS) as judge:
            list(check_all(judge, warm, count))
            yield turn(f"local pool, {count}", partial(judged, judge, measured, count), amount)
        with started(count) as on, ClusterJudge(Judge(SETTINGS), reached(on)) as there:
            wait(there, count)
            list(check_all(there, warm))
            rest = on.at_rest()
            yield turn(f"cluster, {count}", partial(judged, there, measured), amount, on, rest)


class Asleep(NamedTuple):
    """What nodes that sleep were seen to do."""

    nodes: int
    service: float
    """Seconds that a node sleeps a design."""
    rate: float
    """Designs a second."""
    batch: float
    """Designs a task."""
    turn: Turn

    @property
    def full(self) -> float:
        """Designs a second at which head or scheduler, whichever takes longer, is busy all the time."""
        return 1000 / max(self.turn.head_ms, self.turn.scheduler_ms)

    def row(self) -> str:
        """As a row of the second table."""
        efficiency = self.rate * self.service / self.nodes
        machine = self.rate * self.turn.all_ms / 1000 / (os.cpu_count() or 1)
        figures = f"{self.turn.head_ms:.2f} | {self.turn.scheduler_ms:.2f} | {self.rate / self.full:.0%} | {machine:.0%}"
        full = f"{self.full:,.0f}/s, {self.full * self.service:,.0f} nodes"
        return f"| {self.turn.way} | {self.rate:,.0f} | {efficiency:.0%} | {self.batch:.1f} | {figures} | {full} |"


def simulated(nodes: int, service: float, seconds: float) -> Asleep:
    """A cluster of *nodes* that sleep *service* seconds a design, kept busy for about *seconds*."""
    processes = -(-nodes // THREADS)
    with started(processes, nodes // processes) as on, Judge(SETTINGS) as here:
        verdict = here.check(designs(1)[0]).model_dump_json()
        way = ConnectionOptions(lambda: Connection(reached(on).settings, Path()), on.address, math.inf)
        asleep = DaskNodes(way, requirements_of(here), sleeping(service, verdict))
        with ClusterJudge(here, reached(on), asleep) as there:
            wait(there, processes)
            amount = max(4 * nodes, int(seconds * min(nodes / service, RATE)))
            batch = designs(amount)
            judged(there, batch[:nodes])
            sent, name = there.dispatcher.batches, f"{nodes} nodes, {1000 * service:.0f} ms"
            found = turn(name, partial(judged, there, batch), amount, on)
            tasks = there.dispatcher.batches - sent
    return Asleep(nodes, service, amount / found.seconds, amount / tasks, found)


def sleeping(service: float, verdict: str) -> Callable[[bytes], BatchReply]:
    """What a node does that only takes time; it goes to the nodes by value."""

    def sleep(data: bytes) -> BatchReply:
        number, _, tasks = pickle.loads(data)
        time.sleep(service * len(tasks))
        return BatchReply(number, "asleep", tuple(TaskResult(verdict, seconds=service) for _ in tasks))

    return sleep


def judged(judge: Simulator, batch: list[Design], workers: int = 0) -> None:
    if not all(verdict.passed for verdict in check_all(judge, batch, workers)):
        raise SystemExit("a right design does not pass: there is nothing to measure")


def reached(on: Started) -> Cluster:
    return Cluster(ClusterSettings(address=on.address, recheck=0.0), Path())


def wait(judge: ClusterJudge, processes: int) -> None:
    while f"has {processes} nodes" not in judge.reach():
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--designs", type=int, default=480, help="designs a way of the first table")
    parser.add_argument("--nodes", type=int, nargs="*", default=[1, 2, 4, 8], help="of the first table")
    parser.add_argument("--asleep", type=int, nargs="*", default=[8, 64, 512], help="nodes of the second")
    parser.add_argument(
        "--service", type=float, nargs="*", default=[0.02, 0.25, 2.5], help="seconds a design"
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="that a row of the second should take")
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(
        "| way | designs a second | CPU ms a design | of it the head | the scheduler | at rest | x local pool | without rest |"
    )
    print("|---|---|---|---|---|---|---|---|")
    local = 0.0
    for one in real(chosen.nodes, chosen.designs):
        local = one.all_ms if one.way.startswith("local") else local
        figures = f"{one.all_ms:.1f} | {one.head_ms:.2f} | {one.scheduler_ms:.2f} | {one.rest_ms:.1f}"
        ratios = f"{one.all_ms / local:.2f} | {(one.all_ms - one.rest_ms) / local:.2f}"
        print(f"| {one.way} | {chosen.designs / one.seconds:.0f} | {figures} | {ratios} |", flush=True)
    print(
        "\n| nodes and service time | designs a second | efficiency | designs a task | head CPU ms | scheduler CPU ms "
        "| the busier of them | this machine | full at |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for nodes in chosen.asleep:
        for service in chosen.service:
            print(simulated(nodes, service, chosen.seconds).row(), flush=True)


if __name__ == "__main__":
    main()
