"""What a testbench costs that does not end at its first counted error."""

from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict


class WithoutEarlyStop:
    """A Simulator that runs every testbench to its end."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator, self.tool = simulator, simulator.tool

    def check(self, design: Design) -> Verdict:
        return self._simulator.check(design.model_copy(update={"stops": False}))
