"""Both questions of the formal runner to a judge that is made when the first is asked."""

from collections.abc import Callable

from ct_retrain.judge.formal.proof import FormalResult, equivalent, holding
from ct_retrain.judge.judge import Judge


class FormalRunner:
    """Proves what can be proved; no failure is told that the simulator did not show too."""

    def __init__(self, judge: Callable[[], Judge]) -> None:
        """Ask the Judge that *judge* gives."""
        self._judge = judge

    def equivalent(self, golden: str, candidate: str, top: str) -> FormalResult:
        """Whether module *top* behaves alike in both texts; raise ToolError when the judge is at fault."""
        return equivalent(self._judge(), golden, candidate, top)

    def holding(self, properties: str, candidate: str, top: str) -> FormalResult:
        """Whether the *properties* hold of module *top*; raise ToolError when the judge is at fault."""
        return holding(self._judge(), properties, candidate, top)
