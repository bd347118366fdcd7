"""Icarus Verilog in confined workers: a pass only on evidence that the design cannot make itself."""

from typing import Any

from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Tool
from ct_retrain.core.settings import JudgeSettings
from ct_retrain.core.verdict import Design, Outcome, Verdict
from ct_retrain.judge.pool import Pool
from ct_retrain.judge.process import Limits
from ct_retrain.judge.selftest import known
from ct_retrain.judge.toolchain import Installation
from ct_retrain.verilog.guard import GUARD_VERSION

HARNESS_VERSION = "4"
"""Part of every verdict's tool: it changes whenever the same design could be judged differently."""


class Icarus:
    """A Simulator; safe to share between threads, one worker each."""

    def __init__(self, settings: JudgeSettings, found: Installation, pool: Pool) -> None:
        """Let the programs of *found* judge what is known; raise ToolError when they are not fit."""
        self._settings, self._pool = settings, pool
        self._limits = Limits(settings.cpu_seconds, settings.memory_mb, settings.output_kb)
        self._direct = False
        self.tool = self._examined(found.version, direct=bool(found.base))

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError when the judge is at fault."""
        answer = self._ask(design)
        verdict = self._verdict(answer)
        if verdict.passed and any(not self._fails(design, stub) for stub in answer["stubs"]):
            detail = "the testbench also passes a design that does nothing"
            return verdict.model_copy(update={"outcome": Outcome.NO_EVIDENCE, "detail": detail})
        return verdict

    def careless(self, design: Design) -> str:
        """What iverilog and vvp print for *design* when they are run as most scripts do; confined all the same."""
        answer = self._pool.ask({**self._job(design), "careless": True}, self._limits)
        return str(answer["log"])

    def _examined(self, version: str, *, direct: bool) -> Tool:
        """The tool's name once it has judged what is known; the direct way must give the driver's answers."""
        answers = [self._ask(case.design) for case in known()]
        for case, answer in zip(known(), answers, strict=True):
            if answer["outcome"] != case.outcome:
                raise ToolError(
                    f"Icarus Verilog {version} judges a known design as {answer['outcome']} ({answer['detail']}) "
                    f"instead of {case.outcome}: reinstall it"
                )
        self._direct = direct
        if direct and [self._ask(case.design) for case in known()] != answers:
            self._direct = False
        layers = ", ".join(self._pool.layers) or "none"
        detail = f"harness {HARNESS_VERSION}; guard {GUARD_VERSION}; sandbox {layers}"
        return Tool(name="icarus", version=version, detail=detail)

    def _ask(self, design: Design) -> dict[str, Any]:
        return self._pool.ask(self._job(design), self._limits)

    def _job(self, design: Design) -> dict[str, Any]:
        return {
            "rtl": design.rtl,
            "testbench": design.testbench,
            "log_chars": self._settings.log_chars,
            "direct": self._direct,
            "files": [(file.name, file.text) for file in design.files],
            "expected": design.expected,
        }

    def _fails(self, design: Design, stub: str) -> bool:
        """Whether the testbench says no to *stub*, or never comes to its end."""
        answer = self._ask(design.model_copy(update={"rtl": stub}))
        return answer["outcome"] in {Outcome.MISMATCH, Outcome.TIMEOUT}

    def _verdict(self, answer: dict[str, Any]) -> Verdict:
        facts = {name: answer[name] for name in ("detail", "checks", "errors", "warnings", "log")}
        return Verdict(outcome=Outcome(answer["outcome"]), tool=self.tool, **facts)
