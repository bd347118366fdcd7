"""The two questions of formal checking, answered by a judge that is created on first use."""

from collections.abc import Callable

from ct_retrain.judge.formal.proof import FormalResult, ProofTools, equivalent, properties_hold


class FormalRunner:
    """Answers by proofs; a failure is reported only if the simulator shows it too."""

    def __init__(self, judge: Callable[[], ProofTools]) -> None:
        """Use the Judge, or other engines, that *judge* returns; it is called on first use."""
        self._judge = judge

    def equivalent(self, golden: str, candidate: str, top: str) -> FormalResult:
        """Check whether module *top* behaves alike in both texts; raise ToolError if the judge fails."""
        return equivalent(self._judge(), golden, candidate, top)

    def properties_hold(self, properties: str, candidate: str, top: str) -> FormalResult:
        """Check whether *properties* hold for module *top*; raise ToolError if the judge fails."""
        return properties_hold(self._judge(), properties, candidate, top)
