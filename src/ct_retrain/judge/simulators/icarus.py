"""Icarus Verilog in confined workers; a pass needs evidence that the design cannot produce itself."""

from typing import Any

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge import layers
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.confined.simulators.icarus_tools import IcarusInstallation
from ct_retrain.judge.confined.simulators.naive_run import NaiveOutput, Script
from ct_retrain.judge.reading.shown import AnnotatedLine
from ct_retrain.judge.sandbox.pool import Pool
from ct_retrain.judge.selftest import known_designs
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


class Icarus:
    """A Simulator; may be shared between threads, which use one worker each."""

    def __init__(
        self, settings: JudgeSettings, found: IcarusInstallation, pool: Pool, without: str = ""
    ) -> None:
        """Test the programs of *found* on known designs; raise ToolError if they fail.

        The layer *without* is left out of every verdict (`judge.layers`).
        """
        self._settings, self._pool, self._without = settings, pool, without
        self._limits = Limits(settings.cpu_seconds, settings.memory_mb, settings.output_kb)
        self._direct = False
        self.tool = self._examined(found.version, direct=bool(found.base))

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge fails."""
        return self.tried(design)[0]

    def tried(self, design: Design) -> tuple[Verdict, bool]:
        """Return the verdict on *design*, and whether it only says that Icarus could not read or not finish it."""
        answer = self._ask(design)
        verdict = verdict_of(answer, self.tool, self._without)
        if self._without != layers.EVIDENCE:
            verdict = check_pass(Pass(verdict, design, answer), self._ask)
        return verdict, answer["gave_up"]

    def claimed(self, design: Design) -> Verdict:
        """Return what the testbench of *design* says; a pass is not tested, so it is no evidence of anything."""
        return verdict_of(self._ask(design), self.tool, self._without)

    def understood(self, design: Design) -> tuple[AnnotatedLine, ...]:
        """Return what the testbench of *design* printed, line by line, and how each line was read."""
        return tuple(AnnotatedLine(*line) for line in self._ask(design, explain=True)["shown"])

    def naive(self, design: Design) -> str:
        """Return what iverilog and vvp print for *design* when run as most scripts run them, but in the sandbox."""
        answer = self._pool.ask({**self._job(design), "naive": True}, self._limits)
        return str(answer["log"])

    def by_script(self, design: Design, script: Script) -> NaiveOutput:
        """Return what iverilog and vvp print for *design* when run as *script* says, but in the sandbox."""
        answer = self._pool.ask({**self._job(design), "script": script}, self._limits)
        outcome = Outcome(answer["outcome"])
        timeout, refused = outcome is Outcome.TIMEOUT, outcome is Outcome.COMPILE_ERROR
        return NaiveOutput(answer["detail"], answer["log"], timeout, refused)

    def _examined(self, version: str, *, direct: bool) -> Tool:
        """Return the tool's name after a test on known designs; calling ivl directly must give the driver's answers."""
        answers = examine(f"Icarus Verilog {version}", self._ask)
        self._direct = direct
        if direct and list(map(_timeless, answers)) != [
            _timeless(self._ask(case.design)) for case in known_designs()
        ]:
            self._direct = False
        layers = ", ".join(self._pool.layers) or "none"
        limits = bounds(self._limits, self._settings.log_chars)
        detail = f"harness {HARNESS_VERSION}; guard {GUARD_VERSION}; sandbox {layers}; {limits}"
        return Tool(name="icarus", version=version, detail=detail)

    def _ask(self, design: Design, **how: object) -> dict[str, Any]:
        return self._pool.ask({**self._job(design), **how}, limits_of(self._limits, design))

    def _job(self, design: Design) -> dict[str, Any]:
        asked = job(design, self._settings.log_chars)
        return {**asked, "direct": self._direct, "without": self._without}


def _timeless(answer: dict[str, Any]) -> dict[str, Any]:
    """Return *answer* without what differs from run to run."""
    return {name: value for name, value in answer.items() if name != "cpu_seconds"}
