"""Find the simulations in a conversation between a model and its tools."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from ct_retrain.core.record import Rejected
from ct_retrain.importers.attempt import ImportedAttempt
from ct_retrain.importers.messages import Call, Dialogue
from ct_retrain.importers.reported_status import ended_well, log_text, status_of
from ct_retrain.importers.sources import Sources

_TOOLS = re.compile(r"(?:^|_)(?:sim|simulate|simulates|simulation|simulator|testbench|verify|cosim)(?:_|$)")
_PROGRAMS = re.compile(
    r"\b(?:iverilog|vvp|verilator|vcs|simv|xrun|xmsim|vsim|vlog|cocotb|make|simulate)\b", re.IGNORECASE
)


_COMPLAINS = re.compile(r"\$(?:error|fatal)\b")
"""How a testbench tells of a failure without words of its own; one of assertions says nothing else."""


class Conversation(NamedTuple):
    """A conversation of a record, and what the record says around it."""

    name: str
    """Names it among those of its file; becomes the name of the run."""
    talk: Dialogue
    generator: str = ""
    files: Mapping[str, str] = {}
    """Texts that were there before it began; testbenches among them count."""
    when: datetime | None = None
    verdict: str = ""
    """`pass` or `fail`, where a scorer judged the last answer; then that answer is an attempt, too."""
    reason: str = ""
    """Why the scorer says so."""


def attempts_of(one: Conversation) -> Iterator[ImportedAttempt | Rejected]:
    """Yield every simulation of *one* that is complete, and a reason for every other; at least one thing is said."""
    if not one.talk.asked:
        yield _refused(one, "no_spec", "no user message comes before the first answer")
        return
    sources = Sources(one.files)
    said = 0
    for call in one.talk.calls:
        sources.note(call.arguments)
        if _simulates(call):
            said += 1
            yield _attempt(one, sources, _status(call, sources), log_text(call.result))
    if one.verdict:
        said += 1
        sources.note({"answer": one.talk.answer})
        yield _attempt(one, sources, one.verdict, one.reason)
    if not said:
        yield _refused(
            one, "no_simulation", "no tool was called that simulates, and no scorer judged the answer"
        )


def _simulates(call: Call) -> bool:
    commands = " ".join(value for value in call.arguments.values() if isinstance(value, str))
    words = re.sub(r"[^a-z]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", call.tool).lower())
    return bool(_TOOLS.search(words) or ("module" not in commands and _PROGRAMS.search(commands)))


def _status(call: Call, sources: Sources) -> str:
    said = status_of(call.result)
    silent = not said and ended_well(call.result) and _COMPLAINS.search(sources.sides().testbench)
    return "pass" if silent else said


def _attempt(one: Conversation, sources: Sources, status: str, log: str) -> ImportedAttempt | Rejected:
    sides = sources.sides()
    if not sides.rtl:
        return _refused(
            one,
            "no_rtl",
            "no complete module of a design (`module … endmodule`) was written before it is simulated",
        )
    if not sides.testbench:
        return _refused(one, "no_testbench", "the testbench is not in the record")
    if status not in {"pass", "fail"}:
        return _refused(one, "no_verdict", f"the output does not say how it ended: {log[-120:]!r}")
    return ImportedAttempt(
        run=one.name,
        spec=one.talk.asked,
        rtl=sides.rtl,
        testbench=sides.testbench,
        status="pass" if status == "pass" else "fail",
        log=log,
        generator=one.generator,
        when=one.when,
    )


def _refused(one: Conversation, reason: str, detail: str) -> Rejected:
    return Rejected(subject=one.name, reason=reason, detail=detail)
