"""Looks at a cluster for `ct-retrain doctor`: whether it is reached, and whether its nodes may judge."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ct_retrain.cluster.connection import Connection, require_dask
from ct_retrain.cluster.jobs import job_cluster
from ct_retrain.cluster.node import Charter, charter_of, refusal
from ct_retrain.cluster.security import security_of
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.judge.judge import Judge

if TYPE_CHECKING:
    from distributed import Future

_SECONDS = 60.0
"""In which a node should be able to make a judge and say what it has."""


class Probed(NamedTuple):
    """One thing that was found."""

    found: str
    remedy: str = ""
    """Empty where nothing needs to be done."""


def probe(settings: ClusterSettings, root: Path, here: Judge) -> Iterator[Probed]:
    """What is wrong with the cluster that *settings* name, or that all its nodes have the tools of *here*."""
    try:
        require_dask()
        if settings.kind:
            job_cluster(settings, security_of(settings, root)).close()
            yield Probed(f"{settings.kind}: {settings.job.count} jobs are asked for once there is work")
            return
        connection = Connection(settings, root)
    except OSError as error:
        yield Probed(
            f"{settings.address} does not answer: {error}", "start `dask scheduler` there, or open its port"
        )
        return
    except CtRetrainError as error:
        yield Probed("cannot be used", str(error))
        return
    try:
        yield from _nodes(connection, settings.address, charter_of(here))
    finally:
        connection.close()


def _nodes(connection: Connection, address: str, charter: Charter) -> Iterator[Probed]:
    threads: dict[str, int] = connection.client.nthreads()
    if not threads:
        yield Probed(f"{address} has no node", f"start `dask worker {address}` on some")
        return
    asked = {
        node: connection.client.submit(
            refusal, charter, pure=False, workers=[node], allow_other_workers=False
        )
        for node in threads
    }
    until = time.monotonic() + _SECONDS
    wrong = {node: why for node, future in asked.items() if (why := _why(future, until))}
    good = [threads[node] for node in threads if node not in wrong]
    if good:
        yield Probed(f"{address}: {len(good)} nodes with {sum(good)} processors")
    for node, why in wrong.items():
        yield Probed(f"{node} may not judge", why)


def _why(future: "Future[str]", until: float) -> str:
    """Why a node may not judge, as it says itself; "" where it may."""
    try:
        error = future.exception(timeout=max(0.1, until - time.monotonic()))
    except TimeoutError:
        return f"it does not answer in {_SECONDS:.0f} s: see whether it is busy or asleep"
    return f"it cannot run the program: {error}" if error else str(future.result())
