"""Checks a cluster for `ct-retrain doctor`: whether it can be reached, and whether its nodes can judge."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ct_retrain.cluster.connection import Connection, require_dask
from ct_retrain.cluster.jobs import job_cluster
from ct_retrain.cluster.node import NodeRequirements, refusal, requirements_of
from ct_retrain.cluster.security import security_of
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.judge.judge import Judge

if TYPE_CHECKING:
    from distributed import Future

_SECONDS = 60.0
"""Time limit for a node to make a judge and report its tools."""


class ClusterFinding(NamedTuple):
    """One finding about the cluster."""

    found: str
    remedy: str = ""
    """What to do; empty if nothing is wrong."""


def probe(settings: ClusterSettings, root: Path, here: Judge) -> Iterator[ClusterFinding]:
    """Yield what is wrong with the cluster of *settings*, or that its nodes have the same tools as *here*."""
    try:
        require_dask()
        if settings.kind:
            job_cluster(settings, security_of(settings, root)).close()
            yield ClusterFinding(
                f"{settings.kind}: {settings.job.count} jobs are requested once there is work"
            )
            return
        connection = Connection(settings, root)
    except OSError as error:
        yield ClusterFinding(
            f"{settings.address} does not answer: {error}",
            "start `dask scheduler` there, or open its port in the firewall",
        )
        return
    except CtRetrainError as error:
        yield ClusterFinding("cannot be used", str(error))
        return
    try:
        yield from _nodes(connection, settings.address, requirements_of(here))
    finally:
        connection.close()


def _nodes(connection: Connection, address: str, charter: NodeRequirements) -> Iterator[ClusterFinding]:
    threads: dict[str, int] = connection.client.nthreads()
    if not threads:
        yield ClusterFinding(
            f"{address} has no node", f"start `dask worker {address}` on at least one machine"
        )
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
        yield ClusterFinding(f"{address}: {len(good)} nodes with {sum(good)} processors")
    for node, why in wrong.items():
        yield ClusterFinding(f"{node} cannot judge", why)


def _why(future: "Future[str]", until: float) -> str:
    """Return why a node cannot judge, in its own words; empty if it can."""
    try:
        error = future.exception(timeout=max(0.1, until - time.monotonic()))
    except TimeoutError:
        return f"it did not answer within {_SECONDS:.0f} s: check whether it is overloaded or suspended"
    return f"it cannot run the program: {error}" if error else str(future.result())
