"""Chooses the simulator: Icarus, and Verilator only if Icarus has no answer.

A design cannot choose the simulator that passes it. Whatever Icarus says about a design's behaviour is final: a
mismatch, a missing verdict, or a design that the guard refuses is not tried again. Verilator runs if Icarus could not
read a text or ran out of processor time. It accepts only legal texts (as pyslang decides), uses the same guard, nonce,
end mark and private names, and its result counts only if it saw the testbench's own verdict, pass or mismatch. A
design that uses a construct Icarus cannot read is thus simulated without unknown values, which is why
`judge.confined.simulators.verilator_run` uses three initial states.
"""

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.simulators.icarus import Icarus


class FallbackSimulator:
    """A Simulator; each verdict names the one of the two that gave it."""

    def __init__(self, icarus: Icarus, other: Simulator) -> None:
        """Use *icarus*, and *other* if Icarus has no answer."""
        self._icarus, self._other = icarus, other
        first, second = icarus.tool, other.tool
        self.tool = Tool(
            name=f"{first.name} or {second.name}",
            version=f"{first.version} or {second.version}",
            detail=f"{first.name}: {first.detail}; {second.name}: {second.detail}",
        )

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if a judge fails."""
        verdict, gave_up = self._icarus.tried(design)
        if not gave_up:
            return verdict
        other = self._other.check(design)
        return other if other.outcome in _OBSERVED else verdict


_OBSERVED = frozenset({Outcome.PASS, Outcome.MISMATCH})
