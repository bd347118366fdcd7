"""Dask's scheduler and workers as processes of their own, on loopback, which tests may kill, stop and start again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ct_retrain.cluster.judge import Cluster, ClusterJudge
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.simulators.cached import Cache

SETTINGS = JudgeSettings(simulator="icarus", cpu_seconds=10)
_QUIET = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Machines:
    """A scheduler and its workers, each a session of its own; all end with the `with`."""

    def __init__(self, place: Path, env: Mapping[str, str] | None = None) -> None:
        self.place, self.port = place, free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._env = {**os.environ, "DASK_LOGGING__DISTRIBUTED": "warning", **(env or {})}
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler: subprocess.Popen[bytes] | None = None

    def start_scheduler(self) -> None:
        where = ("--host", "127.0.0.1", "--port", str(self.port))
        self.scheduler = self._start("dask_scheduler", *where, *_QUIET)
        wait_for(lambda: _listens(self.port), "the scheduler listens")

    def start_worker(self, *, inside: Sequence[str] = ()) -> None:
        """One of one thread, started by the command *inside*."""
        how = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
        self.workers.append(self._start("dask_worker", self.address, *how, *_QUIET, inside=inside))

    def _start(self, program: str, *argv: str, inside: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
        command = [*inside, sys.executable, "-m", f"distributed.cli.{program}", *argv]
        with (self.place / f"{program}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.place, env=self._env, stdout=log, stderr=log, start_new_session=True
            )

    def close(self) -> None:
        for process in [*self.workers, *([self.scheduler] if self.scheduler else [])]:
            kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End *process* and all of its session at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(true: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def machines(place: Path, workers: int = 2, env: Mapping[str, str] | None = None) -> Iterator[Machines]:
    made = Machines(place, env)
    try:
        made.start_scheduler()
        for _ in range(workers):
            made.start_worker()
        yield made
    finally:
        made.close()


def cluster_judge(address: str, *, known: Cache | None = None, **settings: object) -> ClusterJudge:
    """A judge on the cluster at *address*, on which nothing is judged here unless *settings* say so."""
    chosen = ClusterSettings.model_validate(
        {"address": address, "recheck": 0.0, "patience": 120.0, **settings}
    )
    return ClusterJudge(Judge(SETTINGS), Cluster(chosen, Path(), known))
