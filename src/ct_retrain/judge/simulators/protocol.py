"""Code shared by all simulators: the job that a worker gets, and the verdict made of its answer."""

from typing import Any, NamedTuple, Protocol

from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.evidence.experiment import Experiment
from ct_retrain.judge.evidence.verdict import BREACH
from ct_retrain.judge.selftest import known_designs

HARNESS_VERSION = "10"
"""Part of every verdict's tool; raised whenever the same design could be judged differently."""


class Ask(Protocol):
    """Sends a design to a worker; *how* are further fields of its JudgeJob."""

    def __call__(self, design: Design, **how: object) -> dict[str, Any]: ...


class Pass(NamedTuple):
    """A pass to be tested, and the worker's answer behind it."""

    verdict: Verdict
    design: Design
    answer: dict[str, Any]

    def other(self, rtl: str = "") -> Design:
        """Return *rtl* (or the design itself) with the same testbench, limited to a few times the design's time."""
        bound = int(_TIMES * float(self.answer["cpu_seconds"])) + 2
        seconds = min(bound, self.design.cpu_seconds or bound)
        # What is asked about a pass may hang on how a run ends, not only on whether it passes.
        changes = {"rtl": rtl or self.design.rtl, "cpu_seconds": seconds, "stops": False}
        return self.design.model_copy(update=changes)

    def refused(self, why: str, outcome: Outcome = Outcome.NO_EVIDENCE) -> Verdict:
        """Return the verdict for a pass that is not believed."""
        return self.verdict.model_copy(update={"outcome": outcome, "detail": why})


_TIMES = 10
"""Time limit of a test, in multiples of the time that the design took."""


def job(design: Design, log_chars: int) -> dict[str, Any]:
    """Return *design* as the fields of a job; the answer includes the last *log_chars* characters of the log."""
    return {
        "rtl": design.rtl,
        "testbench": design.testbench,
        "log_chars": log_chars,
        "files": [(file.name, file.text) for file in design.files],
        "expected": design.expected,
        "experiment": Experiment(stops=True) if design.stops else None,
    }


def bounds(limits: Limits, log_chars: int) -> str:
    """Return the part of a Tool's detail that names the limits of a simulation and the length of the log."""
    return f"limits {limits.words}, {log_chars} characters of log"


def limits_of(limits: Limits, design: Design) -> Limits:
    """Return *limits*, with less time if *design* asks for less."""
    if design.cpu_seconds is None:
        return limits
    return limits._replace(cpu_seconds=min(limits.cpu_seconds, design.cpu_seconds))


def verdict_of(answer: dict[str, Any], tool: Tool, without: str = "") -> Verdict:
    """Return a worker's answer as a verdict of *tool*; log a breach as an error, unless a layer was left out."""
    if str(answer["detail"]).startswith(BREACH) and not without:
        # A design gets this far only through a fault of ours, which a person must examine.
        import structlog

        structlog.get_logger("ct_retrain.judge").error("breach", simulator=tool.name, detail=answer["detail"])
    facts = {name: answer[name] for name in ("detail", "checks", "errors", "warnings", "log")}
    return Verdict(outcome=Outcome(answer["outcome"]), tool=tool, **facts)


def examine(name: str, ask: Ask) -> list[dict[str, Any]]:
    """Return the answers on known designs; raise ToolError if the simulator *name* gets one wrong."""
    answers = [ask(case.design) for case in known_designs()]
    for case, answer in zip(known_designs(), answers, strict=True):
        if answer["outcome"] != case.outcome:
            raise ToolError(
                f"{name} judges a known design as {answer['outcome']} ({answer['detail']}) "
                f"instead of {case.outcome}: reinstall it"
            )
    return answers
