"""Judges cocotb testbenches in workers of their own, and passes all other testbenches on.

These workers may read the Python that cocotb is installed in; workers for Verilog testbenches need not.
"""

import threading
from typing import Any

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.installation import install_command
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.evidence.cocotb import INSTALL, Library, is_cocotb
from ct_retrain.judge.sandbox.pool import Pool
from ct_retrain.judge.selftest import known_cocotb_designs
from ct_retrain.judge.simulators.pass_check import check_pass
from ct_retrain.judge.simulators.protocol import Pass, job, verdict_of

_MEMORY_MB = 1024
"""MiB at least, because Python and cocotb run in the simulator's process."""
_REMEMBERED = 256


class CocotbSimulator:
    """A Simulator that also judges cocotb testbenches; may be shared between threads."""

    def __init__(
        self, simulator: Simulator, settings: JudgeSettings, pool: Pool, library: Library | None
    ) -> None:
        """Run cocotb testbenches in *pool*, whose sandbox allows *library*, and others on *simulator*."""
        self._simulator, self._pool, self._library = simulator, pool, library
        self._limits = Limits(settings.cpu_seconds, max(settings.memory_mb, _MEMORY_MB), settings.output_kb)
        self._log_chars = settings.log_chars
        self._fit = False
        self._idle: dict[Design, dict[str, Any]] = {}
        self._lock = threading.Lock()
        added = f"; cocotb {library.version}, at least {_MEMORY_MB} MiB" if library else ""
        self.tool = simulator.tool.model_copy(update={"detail": simulator.tool.detail + added})

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge fails, or if cocotb is needed and missing."""
        if not is_cocotb(design.testbench):
            return self._simulator.check(design)
        self._examined()
        answer = self._ask(design)
        return check_pass(Pass(verdict_of(answer, self.tool), design, answer), self._ask_again)

    def _ask_again(self, design: Design, **how: object) -> dict[str, Any]:
        """Return the answer on a design that tests a pass.

        That on an idle design is cached, because every pass needs it and it is mostly the same.
        """
        if how:
            return self._ask(design, **how)
        with self._lock:
            known = self._idle.get(design)
        answer = known or self._ask(design)
        with self._lock:
            if len(self._idle) >= _REMEMBERED:
                self._idle.clear()
            self._idle[design] = answer
        return answer

    def _examined(self) -> None:
        """Raise ToolError unless cocotb judges known designs correctly; tested once."""
        with self._lock:
            for case in () if self._fit else known_cocotb_designs():
                answer = self._ask(case.design)
                if answer["outcome"] != case.outcome:
                    raise ToolError(
                        f"cocotb judges a known design as {answer['outcome']} ({answer['detail']}) "
                        f"instead of {case.outcome}: reinstall it with `{install_command('cvdp')}`"
                    )
            self._fit = True

    def _ask(self, design: Design, **how: object) -> dict[str, Any]:
        if self._library is None:
            raise ToolError(INSTALL)
        asked = {**job(design, self._log_chars), "direct": False, "cocotb": self._library, **how}
        return self._pool.ask(asked, self._limits)
