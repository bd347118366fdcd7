"""Verilator in confined workers: a second simulator, for designs that Icarus cannot read or not finish."""

import threading
from typing import Any

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.confined.simulators.verilator_build import (
    VerilatorInstallation,
    VerilatorToolchain,
    prepare_runtime,
)
from ct_retrain.judge.confined.simulators.verilator_run import BUILDING
from ct_retrain.judge.sandbox.pool import Pool
from ct_retrain.judge.simulators.pass_check import check_pass
from ct_retrain.judge.simulators.protocol import (
    HARNESS_VERSION,
    Pass,
    bounds,
    examine,
    job,
    limits_of,
    verdict_of,
)
from ct_retrain.verilog.guard import GUARD_VERSION


class Verilator:
    """A Simulator, see `judge.confined.simulators.verilator_run`; may be shared between threads, one worker each."""

    def __init__(self, settings: JudgeSettings, found: VerilatorInstallation, pool: Pool) -> None:
        """Use the programs of *found*; the first design prepares them and tests them on known designs.

        Its tool names the sandbox layers of the workers that *pool* has already started.
        """
        self._settings, self._pool, self._found = settings, pool, found
        self._limits = Limits(settings.cpu_seconds, settings.memory_mb, settings.output_kb)
        # The compiler's time is added to that of three simulations, and a busy machine must not cause a failure.
        self._patience = 60.0 + 20.0 * (3 * settings.cpu_seconds + 2 * BUILDING.cpu_seconds)
        self._lock = threading.Lock()
        self._compiled: VerilatorToolchain | None = None
        layers = ", ".join(pool.layers) or "none"
        detail = (
            f"{found.compiler_version}; two-valued; harness {HARNESS_VERSION}; guard {GUARD_VERSION}; "
            f"sandbox {layers}; {bounds(self._limits, settings.log_chars)}"
        )
        self.tool = Tool(name="verilator", version=found.version, detail=detail)

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge fails."""
        with self._lock:
            if self._compiled is None:
                self._compiled = self._prepared()
        answer = self._ask(design)
        return check_pass(Pass(verdict_of(answer, self.tool), design, answer), self._ask)

    def _prepared(self) -> VerilatorToolchain:
        compiled = prepare_runtime(self._found)
        examine(f"Verilator {self._found.version}", lambda design, **how: self._put(design, compiled, **how))
        return compiled

    def _ask(self, design: Design, **how: object) -> dict[str, Any]:
        return self._put(design, self._compiled, **how)

    def _put(self, design: Design, compiled: VerilatorToolchain | None, **how: object) -> dict[str, Any]:
        asked = {**job(design, self._settings.log_chars), **how, "direct": False, "verilator": compiled}
        return self._pool.ask(asked, limits_of(self._limits, design), self._patience)
