"""Dask's scheduler and workers as processes of their own, on loopback, which tests may kill, stop and start again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.loopback import free_port, listens

from ct_retrain.cluster.judge import Cluster, ClusterJudge
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.simulators.cached import Cache

SETTINGS = JudgeSettings(simulator="icarus", cpu_seconds=10)
_QUIET = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")


class Certificates(NamedTuple):
    """Of one authority, as files."""

    ca: Path
    cert: Path
    key: Path

    @property
    def options(self) -> tuple[str, ...]:
        """For Dask's own programs."""
        return ("--tls-ca-file", str(self.ca), "--tls-cert", str(self.cert), "--tls-key", str(self.key))

    @property
    def settings(self) -> dict[str, str]:
        """For ours."""
        return {"tls_ca": str(self.ca), "tls_cert": str(self.cert), "tls_key": str(self.key)}


def certificates(place: Path) -> Certificates:
    """One that vouches for itself, and so for nobody else."""
    from distributed import Security

    place.mkdir()
    made = Certificates(place / "ca.pem", place / "cert.pem", place / "key.pem")
    role = Security.temporary().get_tls_config_for_role("client")
    for path, name in zip(made, ("ca_file", "cert", "key"), strict=True):
        path.write_text(role[name])
    return made


class Machines:
    """A scheduler and its workers, each a session of its own; all end with the `with`."""

    def __init__(
        self, place: Path, env: Mapping[str, str] | None = None, certificates: Certificates | None = None
    ) -> None:
        self.place, self.port = place, free_port()
        self._scheme = "tls" if certificates else "tcp"
        self.address = f"{self._scheme}://127.0.0.1:{self.port}"
        self._tls = certificates.options if certificates else ()
        self._env = {**os.environ, "DASK_LOGGING__DISTRIBUTED": "warning", **(env or {})}
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler: subprocess.Popen[bytes] | None = None

    def start_scheduler(self, host: str = "127.0.0.1") -> None:
        """One that listens on *host*."""
        where = ("--host", f"{self._scheme}://{host}", "--port", str(self.port))
        self.scheduler = self._start("dask_scheduler", *where, *_QUIET)
        wait_for(lambda: listens(self.port), "the scheduler listens")

    def start_worker(
        self, *, inside: Sequence[str] = (), host: str = "127.0.0.1", head: str = "127.0.0.1"
    ) -> None:
        """One of one thread at *host*, from which the scheduler is at *head*, started by the command *inside*."""
        how = ("--nthreads", "1", "--no-nanny", "--host", f"{self._scheme}://{host}")
        scheduler = f"{self._scheme}://{head}:{self.port}"
        self.workers.append(self._start("dask_worker", scheduler, *how, *_QUIET, inside=inside))

    def _start(self, program: str, *argv: str, inside: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
        command = [*inside, sys.executable, "-m", f"distributed.cli.{program}", *argv, *self._tls]
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


@contextmanager
def machines(
    place: Path,
    workers: int = 2,
    env: Mapping[str, str] | None = None,
    certificates: Certificates | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Machines]:
    made = Machines(place, env, certificates)
    try:
        made.start_scheduler(host)
        for _ in range(workers):
            made.start_worker()
        yield made
    finally:
        made.close()


def cluster_judge(
    address: str,
    given: Mapping[str, object] | None = None,
    *,
    known: Cache | None = None,
    patience: float = 120.0,
) -> ClusterJudge:
    """A judge on the cluster at *address*, for which nothing is judged here unless the settings *given* say so."""
    base = {"address": address, "recheck": 0.0, "patience": patience}
    chosen = ClusterSettings.model_validate({**base, **(given or {})})
    return ClusterJudge(Judge(SETTINGS), Cluster(chosen, Path(), known))
