"""Implements the ports of a judge's parts by asking the nodes."""

import json
import threading
from concurrent.futures import Executor

from ct_retrain.cluster.dispatcher import Dispatcher
from ct_retrain.cluster.tasks import AppraisalTask, CheckTask, PartName, ScriptTask
from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import digest
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.confined.simulators.naive_run import NaiveOutput, Script
from ct_retrain.judge.credibility import Credibility
from ct_retrain.judge.fanout import Converted, Pending
from ct_retrain.judge.parts import NaiveScripts, TimedAppraiser
from ct_retrain.judge.simulators.cached import Cache

WIDTH = 1024
"""Number of threads that may wait for an answer each, as for appraisals; `submit` needs none."""


class NodeSimulator:
    """A Simulator that runs one part of the judge on the nodes; *here* is the same part on this machine."""

    def __init__(self, nodes: Dispatcher, part: PartName, here: Simulator, recheck: float) -> None:
        """Ask *nodes*, and judge the share *recheck* (0 to 1) of the designs by *here* as well."""
        self._nodes, self._here, self._recheck = nodes, here, recheck
        self._part: PartName = part
        self.tool, self.width = here.tool, WIDTH

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge or the cluster fails, or if a node's verdict differs from ours."""
        verdict = Verdict.model_validate_json(self._nodes.ask(CheckTask(part=self._part, design=design)))
        if self._rechecks(design):
            _compare(verdict, self._here.check(design))
        return verdict

    @property
    def ahead(self) -> int:
        """Number of designs in flight that keep the nodes busy now."""
        return self._nodes.ahead

    def submit(self, design: Design, pool: Executor) -> Pending[Verdict]:
        """Begin to judge *design*; one that is judged here as well takes a thread of *pool*."""
        if self._rechecks(design):
            return pool.submit(self.check, design)
        answer = self._nodes.submit(CheckTask(part=self._part, design=design))
        return Converted(answer, Verdict.model_validate_json)

    def _rechecks(self, design: Design) -> bool:
        return bool(self._recheck) and _chance(design) < self._recheck


def _chance(design: Design) -> float:
    """Return a number from 0 to 1 that depends on the design alone, so that every run rechecks the same designs."""
    return int(digest("recheck", design)[:8], 16) / 0x1_0000_0000


def _compare(there: Verdict, here: Verdict) -> None:
    if there != here:
        raise ToolError(
            f"a node judged a design as {there.outcome} ({there.detail}), this machine as {here.outcome} ({here.detail}): "
            "some node is broken or not honest; find it with cluster.recheck = 1 before you trust the others"
        )


class NodeScripts:
    """Runs Icarus Verilog on nodes as other projects' scripts do, without the judge's precautions."""

    def __init__(self, nodes: Dispatcher, here: NaiveScripts) -> None:
        """Use *nodes*; their tools must equal those of *here*."""
        self._nodes = nodes
        self.tool, self.width = here.tool, WIDTH

    def naive(self, design: Design) -> str:
        """Return what the tools print when run as most scripts run them."""
        return str(json.loads(self._nodes.ask(ScriptTask(design=design, script=None))))

    def by_script(self, design: Design, script: Script) -> NaiveOutput:
        """Return what the tools print when run as *script* says."""
        return NaiveOutput(*json.loads(self._nodes.ask(ScriptTask(design=design, script=script))))


class NodeAppraiser:
    """Tests testbenches by mutants on nodes, one task per testbench; known results come from the cache."""

    def __init__(self, nodes: Dispatcher, here: TimedAppraiser, known: Cache | None) -> None:
        """Use *nodes*; their tools must equal those of *here*."""
        self._nodes, self._known = nodes, known
        self.tool, self.width = here.tool, WIDTH
        self._lock = threading.Lock()
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """Seconds that nodes spent on it since this object was made."""
        return self._seconds

    def __call__(self, golden: Design, most: int) -> Credibility:
        """Measure the testbench of *golden* on up to *most* mutants; raise ToolError if the judge fails."""
        name = digest("credibility", golden, str(most), self.tool)
        found = self._known.get(name, Credibility) if self._known else None
        if found is not None:
            return found
        found = Credibility.model_validate_json(self._nodes.ask(AppraisalTask(golden=golden, most=most)))
        if self._known:
            self._known.put(name, found)
        with self._lock:
            self._seconds += found.seconds
        return found
