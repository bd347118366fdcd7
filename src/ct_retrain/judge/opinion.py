"""A second opinion on a design: does what synthesis makes of it get the same verdict?

yosys reads the design and writes it again as plain registers and logic, and the copy is judged like the design.
What only a simulator would do (incomplete sensitivity lists, delays, races, comparisons with x) is gone in it.
"""

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Record
from ct_retrain.core.verdict import Design, Outcome, Verdict
from ct_retrain.judge.prover import Prover
from ct_retrain.verilog.modules import instantiated


class Opinion(Record):
    """Both verdicts, and whether they agree."""

    agrees: bool | None
    """None when there is no second verdict."""
    why: str
    first: Verdict
    second: Verdict | None = None
    """Of the copy."""


class Doubting:
    """A Simulator whose passes hold for the copy too; one that does not is DISPUTED."""

    def __init__(self, simulator: Simulator, prover: Prover) -> None:
        """Ask *simulator* about designs, and about what *prover* makes of those that pass."""
        self._simulator, self._prover = simulator, prover
        version = prover.yosys.version if prover.yosys else "none"
        detail = f"{simulator.tool.detail}; second opinion yosys {version}"
        self.tool = simulator.tool.model_copy(update={"detail": detail})

    def check(self, design: Design) -> Verdict:
        """Judge *design*, and its copy where it passes."""
        verdict = self._simulator.check(design)
        if not verdict.passed:
            return verdict
        found = _opinion(self._simulator, self._prover, design, verdict)
        if found.agrees is not False or found.second is None:
            return verdict
        changes = {"outcome": Outcome.DISPUTED, "detail": found.why, "second_log": found.second.log}
        return verdict.model_copy(update=changes)


def second_opinion(simulator: Simulator, prover: Prover, design: Design) -> Opinion:
    """Judge *design*, and what yosys makes of it; no opinion where yosys is missing or cannot read the design."""
    return _opinion(simulator, prover, design, simulator.check(design))


def _opinion(simulator: Simulator, prover: Prover, design: Design, first: Verdict) -> Opinion:
    if first.outcome in _NOTHING_TO_COPY:
        return Opinion(agrees=None, why="the design was not simulated", first=first)
    copy = prover.resynthesised(design.rtl, instantiated(design.testbench))
    if not copy.text:
        return Opinion(agrees=None, why=copy.why, first=first)
    second = simulator.check(design.model_copy(update={"rtl": copy.text}))
    if second.outcome is first.outcome:
        return Opinion(agrees=True, why="the copy gets the same verdict", first=first, second=second)
    why = f"{first.outcome} as written, {second.outcome} as synthesised: {second.detail}"
    return Opinion(agrees=False, why=why, first=first, second=second)


_NOTHING_TO_COPY = frozenset({Outcome.COMPILE_ERROR, Outcome.FORBIDDEN})
