"""What every simulator asks its worker, and what it makes of the answer: the part of a Simulator that they share."""

from typing import Any, NamedTuple, Protocol

from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.evidence.experiment import Experiment
from ct_retrain.judge.evidence.verdict import BREACH
from ct_retrain.judge.selftest import known

HARNESS_VERSION = "8"
"""Part of every verdict's tool: it changes whenever the same design could be judged differently."""


class Ask(Protocol):
    """Puts a design to a worker; *how* are further fields of its Job."""

    def __call__(self, design: Design, **how: object) -> dict[str, Any]: ...


class Pass(NamedTuple):
    """A pass that is to be believed, and the worker's answer it was made of."""

    verdict: Verdict
    design: Design
    answer: dict[str, Any]

    def other(self, rtl: str = "") -> Design:
        """*rtl* (or the design itself) under the same testbench, with a few times the time that the design took."""
        bound = int(_TIMES * float(self.answer["cpu_seconds"])) + 2
        seconds = min(bound, self.design.cpu_seconds or bound)
        # What is asked about a pass may hang on how a run ends, not only on whether it passes.
        changes = {"rtl": rtl or self.design.rtl, "cpu_seconds": seconds, "stops": False}
        return self.design.model_copy(update=changes)

    def refused(self, why: str, outcome: Outcome = Outcome.NO_EVIDENCE) -> Verdict:
        """The verdict once the pass is not believed."""
        return self.verdict.model_copy(update={"outcome": outcome, "detail": why})


_TIMES = 10
"""How much longer than the design anything else may take under its testbench."""


def job(design: Design, log_chars: int) -> dict[str, Any]:
    """*design* as it crosses the pipe; the log's end of *log_chars* characters comes back."""
    return {
        "rtl": design.rtl,
        "testbench": design.testbench,
        "log_chars": log_chars,
        "files": [(file.name, file.text) for file in design.files],
        "expected": design.expected,
        "experiment": Experiment(stops=True) if design.stops else None,
    }


def bounds(limits: Limits, log_chars: int) -> str:
    """The part of a Tool's detail that says how far a simulation may go, and how much of its log a verdict keeps."""
    return f"limits {limits.words}, {log_chars} characters of log"


def limits_of(limits: Limits, design: Design) -> Limits:
    """*limits*, or less time where *design* asks for less."""
    if design.cpu_seconds is None:
        return limits
    return limits._replace(cpu_seconds=min(limits.cpu_seconds, design.cpu_seconds))


def verdict_of(answer: dict[str, Any], tool: Tool, without: str = "") -> Verdict:
    """What a worker said, as *tool*'s verdict; a breach is an alarm unless a layer was left out on purpose."""
    if str(answer["detail"]).startswith(BREACH) and not without:
        # Nothing but a fault of ours lets a design get this far, so somebody has to look.
        import structlog

        structlog.get_logger("ct_retrain.judge").error("breach", simulator=tool.name, detail=answer["detail"])
    facts = {name: answer[name] for name in ("detail", "checks", "errors", "warnings", "log")}
    return Verdict(outcome=Outcome(answer["outcome"]), tool=tool, **facts)


def examine(name: str, ask: Ask) -> list[dict[str, Any]]:
    """The answers on what is known; raise ToolError when the simulator *name* does not know it."""
    answers = [ask(case.design) for case in known()]
    for case, answer in zip(known(), answers, strict=True):
        if answer["outcome"] != case.outcome:
            raise ToolError(
                f"{name} judges a known design as {answer['outcome']} ({answer['detail']}) "
                f"instead of {case.outcome}: reinstall it"
            )
    return answers
