"""A Simulator that judges by proof the designs that must equal a reference, and passes all other designs on.

Proved equal is a pass, if random simulation shows no difference either; a counterexample that Icarus Verilog shows
too is a mismatch; everything else is UNPROVEN and no pass, however far a search went without finding a difference.
"""

from typing import NamedTuple

from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.confined.formal.equivalence import OTHER_PORTS
from ct_retrain.judge.formal.proof import FormalResult, Status, equivalent
from ct_retrain.judge.formal.simulated import random_testbench
from ct_retrain.judge.prover import Prover, engine_remedy
from ct_retrain.judge.simulators.icarus import Icarus
from ct_retrain.verilog.delays import undelayed
from ct_retrain.verilog.hierarchy import completed, root


class ProofEngines(NamedTuple):
    """Engines of proofs, and the simulator that compiles designs and shows counterexamples."""

    prover: Prover
    icarus: Icarus


class ProvingSimulator:
    """A Simulator for designs of both kinds; may be shared between threads."""

    def __init__(self, simulator: Simulator, engines: ProofEngines) -> None:
        """Judge with *simulator* what has a testbench, and by *engines* what has a reference."""
        self._simulator, self._engines = simulator, engines
        detail = f"{simulator.tool.detail}; proofs 2, {engines.prover.proving}"
        self.tool = simulator.tool.model_copy(update={"detail": detail})

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge fails, or if a proof is needed and no engine is installed."""
        if design.equals is None:
            return self._simulator.check(design)
        reference, module = design.equals.rtl, design.equals.module
        rtl, top = completed(design.rtl, reference, module), root(reference, module)
        compiled = self._engines.icarus.claimed(Design(rtl=rtl, testbench=_COMPILED.format(top=top)))
        if compiled.outcome in _REFUSED:
            return compiled.model_copy(update={"tool": self.tool})
        proved = self._verdict(equivalent(self._engines, reference, rtl, top))
        return self._simulated(proved, rtl, random_testbench(reference, top)) if proved.passed else proved

    def _simulated(self, proved: Verdict, rtl: str, testbench: str) -> Verdict:
        """Return *proved*, a pass, or UNPROVEN if the simulator shows a difference from registers that nothing set."""
        asked = Design(rtl=undelayed(rtl) or rtl, testbench=testbench)
        shown = self._engines.icarus.claimed(asked) if testbench else proved
        if shown.passed:
            return proved
        why = f"proved from registers at zero, and not so in simulation: {shown.detail}"
        return proved.model_copy(
            update={"outcome": Outcome.UNPROVEN, "detail": why, "checks": 0, "log": shown.log}
        )

    def _verdict(self, found: FormalResult) -> Verdict:
        if found.status is Status.NOT_RUN:
            raise ToolError(f"{found.why}; {engine_remedy()}")
        outcome = _outcome(found)
        return Verdict(
            outcome=outcome,
            detail=found.why if outcome is not Outcome.UNPROVEN else f"{found.status}: {found.why}",
            checks=int(outcome is not Outcome.UNPROVEN),
            errors=int(outcome is Outcome.MISMATCH),
            log="\n".join(
                f"step {number}: {' '.join(f'{name}={value}' for name, value in step.items())}"
                for number, step in enumerate(found.counterexample)
            ),
            tool=self.tool,
        )


_COMPILED = """module tb;
  {top} dut ();
  initial begin
    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, 1, 0);
    $finish;
  end
endmodule
"""
"""A testbench that judges nothing: only whether the design is lawful and compiles is asked."""
_REFUSED = frozenset({Outcome.FORBIDDEN, Outcome.COMPILE_ERROR, Outcome.RESOURCE_LIMIT})


def _outcome(found: FormalResult) -> Outcome:
    if found.status is Status.PROVED:
        return Outcome.PASS
    refuted = found.status is Status.FAIL or found.why == OTHER_PORTS
    return Outcome.MISMATCH if refuted else Outcome.UNPROVEN
