"""The parts of a judge whose work is done by nodes, each as the port that it is."""

import json
import threading

from ct_retrain.cluster.dispatcher import Dispatcher
from ct_retrain.cluster.tasks import AppraisalTask, CheckTask, PartName, ScriptTask
from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import digest
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.confined.simulators.naive_run import NaiveOutput, Script
from ct_retrain.judge.credibility import Credibility
from ct_retrain.judge.parts import Appraising, Scripted
from ct_retrain.judge.simulators.cached import Cache

WIDTH = 1024
"""Questions at once: threads that wait cost little, and batches shrink where they would not go round."""


class NodeSimulator:
    """A Simulator: one part of the nodes' judges, of which *here* is this machine's."""

    def __init__(self, nodes: Dispatcher, part: PartName, here: Simulator, recheck: float) -> None:
        """Ask *nodes*, and *here* once more about the share *recheck* of the designs."""
        self._nodes, self._here, self._recheck = nodes, here, recheck
        self._part: PartName = part
        self.tool, self.width = here.tool, WIDTH

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError when the judge, the cluster, or a node that lies is at fault."""
        verdict = Verdict.model_validate_json(self._nodes.ask(CheckTask(part=self._part, design=design)))
        if self._recheck and _chance(design) < self._recheck:
            _compare(verdict, self._here.check(design))
        return verdict


def _chance(design: Design) -> float:
    """Between 0 and 1, from the design alone: the same are judged again on every run."""
    return int(digest("recheck", design)[:8], 16) / 0x1_0000_0000


def _compare(there: Verdict, here: Verdict) -> None:
    if there != here:
        raise ToolError(
            f"a node says {there.outcome} ({there.detail}) of a design that is {here.outcome} ({here.detail}) on this "
            "machine: some node is broken or lies; find it with cluster.recheck = 1 before you trust the others"
        )


class NodeScripts:
    """Runs Icarus Verilog on nodes as the scripts of others do."""

    def __init__(self, nodes: Dispatcher, here: Scripted) -> None:
        """Ask *nodes*, whose tools are those of *here*."""
        self._nodes = nodes
        self.tool, self.width = here.tool, WIDTH

    def naive(self, design: Design) -> str:
        """What the tools print when they are run as most scripts do."""
        return str(json.loads(self._nodes.ask(ScriptTask(design=design, script=None))))

    def by_script(self, design: Design, script: Script) -> NaiveOutput:
        """What the tools print when *script* runs them."""
        return NaiveOutput(*json.loads(self._nodes.ask(ScriptTask(design=design, script=script))))


class NodeAppraiser:
    """Tries testbenches on nodes, each as one task; what is known is not asked again."""

    def __init__(self, nodes: Dispatcher, here: Appraising, known: Cache | None) -> None:
        """Ask *nodes*, whose tools are those of *here*."""
        self._nodes, self._known = nodes, known
        self.tool, self.width = here.tool, WIDTH
        self._lock = threading.Lock()
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """Spent by the nodes since this object was made."""
        return self._seconds

    def __call__(self, golden: Design, most: int) -> Credibility:
        """What the testbench of *golden* is worth, on up to *most* mutants; raise ToolError for a judge at fault."""
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
