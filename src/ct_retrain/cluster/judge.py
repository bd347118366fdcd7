"""A judge that runs on other machines: the same ports and answers as `Judge`, from nodes that have the same tools.

This machine has a judge as well: it defines which tools the nodes must have, and rechecks a share of their verdicts.
"""

import json
import math
import weakref
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple, Self

from ct_retrain.cluster.connection import Connection, require_dask
from ct_retrain.cluster.dask_nodes import ConnectionOptions, DaskNodes
from ct_retrain.cluster.dispatcher import Dispatcher
from ct_retrain.cluster.node import requirements_of
from ct_retrain.cluster.nodes import Nodes
from ct_retrain.cluster.parts import WIDTH, NodeAppraiser, NodeScripts, NodeSimulator
from ct_retrain.cluster.security import security_of
from ct_retrain.cluster.tasks import EquivalenceTask, PartName
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.fanout import Pending, submitted
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.simulators.cached import Cache, CachedSimulator, Use


class Cluster(NamedTuple):
    """Settings of the cluster, and what this machine keeps for it."""

    settings: ClusterSettings
    root: Path
    """Directory that relative paths in the settings start from."""
    known: Cache | None = None
    """Cache of earlier answers."""


class ClusterJudge:
    """A judge whose work is done by nodes; may be shared between threads."""

    width = WIDTH

    def __init__(self, here: Judge, cluster: Cluster, nodes: Nodes | None = None) -> None:
        """Answer on *nodes*, by default those of the settings, as *here* would answer.

        Raise UsageError for settings that contradict each other, and ToolError if Dask is not installed. The first
        question connects to the cluster.
        """
        self.here = here
        self._nodes = nodes or nodes_of(here, cluster)
        self.dispatcher = Dispatcher(self._nodes, cluster.settings.patience)
        self._end = weakref.finalize(self, _end, self.dispatcher, self._nodes, here)
        self._known, self._recheck = cluster.known, cluster.settings.recheck
        self.plain: Simulator = self._part("plain", here.plain)
        self.verilator: Simulator | None = here.verilator and self._part("verilator", here.verilator)
        self._whole = self._part("whole", here)
        self.icarus = NodeScripts(self.dispatcher, here.icarus)
        self.appraiser = NodeAppraiser(self.dispatcher, here.appraiser, cluster.known)
        self.tool = here.tool

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge or the cluster fails."""
        return self._whole.check(design)

    @property
    def ahead(self) -> int:
        """Number of designs in flight that keep the nodes busy now."""
        return self.dispatcher.ahead

    def submit(self, design: Design, pool: Executor) -> Pending[Verdict]:
        """Begin to judge *design*; a verdict that this machine rechecks takes a thread of *pool*."""
        return submitted(self._whole, design, pool)

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Return whether module *top* behaves alike in both texts; None if that cannot be proved or refuted."""
        said: bool | None = json.loads(
            self.dispatcher.ask(EquivalenceTask(golden=golden, other=other, top=top))
        )
        return said

    def reach(self) -> str:
        """Connect in the background, if not connected, and return the cluster's state as text."""
        self._nodes.need()
        return self._nodes.state

    @property
    def cache_use(self) -> Use:
        """Count cache hits and misses; a design that a node simulates several times counts once."""
        uses = [one.use for one in (self.plain, self._whole) if isinstance(one, CachedSimulator)]
        return Use(sum(use.known for use in uses), sum(use.simulated for use in uses))

    def close(self) -> None:
        """Release the nodes, and end this machine's workers. The judge cannot be used afterwards."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _part(self, name: PartName, here: Simulator) -> Simulator:
        there = NodeSimulator(self.dispatcher, name, here, self._recheck)
        return there if self._known is None else CachedSimulator(there, self._known)


def nodes_of(here: Judge, cluster: Cluster) -> Nodes:
    """Return the nodes of the settings; they must match *here*. Raise UsageError or ToolError as `ClusterJudge` does."""
    settings, root = cluster.settings, cluster.root
    require_dask()
    security_of(settings, root)
    name = settings.address or f"{settings.kind} ({settings.job.count} jobs asked for)"
    idle = 60 * settings.idle_minutes if settings.kind else math.inf
    way = ConnectionOptions(lambda: Connection(settings, root), name, idle)
    return DaskNodes(way, requirements_of(here))


def _end(dispatcher: Dispatcher, nodes: Nodes, here: Judge) -> None:
    dispatcher.close()
    nodes.close()
    here.close()
