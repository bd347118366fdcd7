"""The judge, asked on other machines: the same ports and the same answers, from whoever has the same tools.

This machine has a judge too: it says what tools the nodes must have, and judges a share of what they say again.
"""

import json
import math
import weakref
from pathlib import Path
from typing import NamedTuple, Self

from ct_retrain.cluster.connection import Connection, require_dask
from ct_retrain.cluster.dask_nodes import DaskNodes, Way
from ct_retrain.cluster.dispatcher import Dispatcher
from ct_retrain.cluster.node import charter_of
from ct_retrain.cluster.nodes import Nodes
from ct_retrain.cluster.parts import WIDTH, NodeAppraiser, NodeScripts, NodeSimulator
from ct_retrain.cluster.security import security_of
from ct_retrain.cluster.tasks import EquivalenceTask, PartName
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.simulators.cached import Cache, CachedSimulator, Use


class Cluster(NamedTuple):
    """Which machines, and what this one keeps for them."""

    settings: ClusterSettings
    root: Path
    """Paths in the settings are relative to it."""
    known: Cache | None = None
    """What was judged before."""


class ClusterJudge:
    """A judge whose work is done by nodes; safe to share between threads."""

    width = WIDTH

    def __init__(self, here: Judge, cluster: Cluster, nodes: Nodes | None = None) -> None:
        """Ask *nodes*, by default those that the settings name, for what *here* would answer.

        Raise UsageError for settings that cannot be, ToolError where Dask is missing. The cluster itself is waited
        for by the first question.
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
        """Judge *design*; raise ToolError when the judge or the cluster is at fault."""
        return self._whole.check(design)

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Whether module *top* behaves alike in both texts; None where nobody can prove it."""
        said: bool | None = json.loads(
            self.dispatcher.ask(EquivalenceTask(golden=golden, other=other, top=top))
        )
        return said

    def reach(self) -> str:
        """Connect in the background, if no question did, and say what the cluster is like right now."""
        self._nodes.need()
        return self._nodes.state

    @property
    def cache_use(self) -> Use:
        """How often the answer was known; what a node simulates to judge one design counts as one."""
        uses = [one.use for one in (self.plain, self._whole) if isinstance(one, CachedSimulator)]
        return Use(sum(use.known for use in uses), sum(use.simulated for use in uses))

    def close(self) -> None:
        """Give the nodes back, and end the workers of this machine; nothing may be asked after that."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _part(self, name: PartName, here: Simulator) -> Simulator:
        there = NodeSimulator(self.dispatcher, name, here, self._recheck)
        return there if self._known is None else CachedSimulator(there, self._known)


def nodes_of(here: Judge, cluster: Cluster) -> Nodes:
    """The nodes that the settings name, which must be as *here* is; raise UsageError or ToolError, see ClusterJudge."""
    settings, root = cluster.settings, cluster.root
    require_dask()
    security_of(settings, root)
    name = settings.address or f"{settings.kind} ({settings.job.count} jobs asked for)"
    idle = 60 * settings.idle_minutes if settings.kind else math.inf
    way = Way(lambda: Connection(settings, root), name, idle)
    return DaskNodes(way, charter_of(here))


def _end(dispatcher: Dispatcher, nodes: Nodes, here: Judge) -> None:
    dispatcher.close()
    nodes.close()
    here.close()
