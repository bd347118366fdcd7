"""Which simulator judges a design: Icarus, and Verilator only where Icarus has no answer.

A design cannot shop for a pass. Whatever Icarus says of a design's behaviour stands: a mismatch, a missing verdict
or a design that the guard refuses is never shown to anybody else. Verilator is asked where Icarus could not read a
text or ran out of processor time; it takes only what the standard allows (pyslang's word, not its own), behind the
same guard, with the same nonce, end mark and private names, and its word counts only when it saw the testbench's
own verdict, pass or mismatch. What a design gains by a construct that Icarus cannot read is a simulator without
unknown values, and the three initial states of `judge.confined.simulators.verilator_run` are there for that.
"""

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.simulators.icarus import Icarus


class FallbackSimulator:
    """A Simulator; its verdicts name the one of the two that gave them."""

    def __init__(self, icarus: Icarus, other: Simulator) -> None:
        """Ask *icarus*, and *other* where Icarus gives up."""
        self._icarus, self._other = icarus, other
        first, second = icarus.tool, other.tool
        self.tool = Tool(
            name=f"{first.name} or {second.name}",
            version=f"{first.version} or {second.version}",
            detail=f"{first.name}: {first.detail}; {second.name}: {second.detail}",
        )

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError when a judge is at fault."""
        verdict, gave_up = self._icarus.tried(design)
        if not gave_up:
            return verdict
        other = self._other.check(design)
        return other if other.outcome in _OBSERVED else verdict


_OBSERVED = frozenset({Outcome.PASS, Outcome.MISMATCH})
