"""A second opinion on a design: does what synthesis makes of it get the same verdict?

yosys reads the design and writes it again as plain registers and logic, and the copy is judged like the design.
What only a simulator would do (incomplete sensitivity lists, delays, races, comparisons with x) is gone in it.
A copy that fails has a chance to be explained: by a testbench that changes inputs at the clock's own edge, or by bits
that are unknown at power-up and do not matter, whichever values they have.
Not all that simulates can be read by yosys, so a design with delays must pass without them first.
"""

import re
from typing import Literal

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Record, Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.confined.formal.synthesis import Asked, Reading, Unknown
from ct_retrain.judge.evidence.cocotb import is_cocotb
from ct_retrain.judge.prover import Prover
from ct_retrain.verilog.delays import undelayed
from ct_retrain.verilog.modules import instantiated


class Opinion(Record):
    """Both verdicts, and whether they agree."""

    agrees: bool | None
    """None when there is no second verdict."""
    why: str
    first: Verdict
    second: Verdict | None = None
    """Of the copy."""
    explained: bool = False
    """The copy as it is fails, for a reason that is not the design's."""
    unread: bool = False
    """yosys is there and was asked, and the design is such that there is no second verdict."""


class SecondOpinion:
    """A Simulator whose passes hold for the copy too; one that does not is DISPUTED, one without a copy UNCONFIRMED."""

    def __init__(
        self, simulator: Simulator, prover: Prover, unconfirmed: Literal["refuse", "accept"] = "refuse"
    ) -> None:
        """Ask *simulator* about designs, and about what *prover* makes of those that pass.

        What it makes nothing of passes all the same where *unconfirmed* is `accept`.
        """
        self._simulator, self._prover = simulator, prover
        self._accepts = unconfirmed == "accept"
        self._name = f"; second opinion 8, {prover.reading}{', or none' if self._accepts else ''}"
        self.tool = self._named(simulator.tool)

    def check(self, design: Design) -> Verdict:
        """Judge *design*, and its copy where it passes; the verdict names the one who would be asked either way."""
        verdict = self._simulator.check(design)
        judged = self._doubted(design, verdict) if verdict.passed else verdict
        return judged.model_copy(update={"tool": self._named(judged.tool)})

    def _named(self, tool: Tool) -> Tool:
        return tool.model_copy(update={"detail": tool.detail + self._name})

    def _doubted(self, design: Design, verdict: Verdict) -> Verdict:
        """*verdict*, a pass, in the light of the copy."""
        found = _opinion(self._simulator, self._prover, design, verdict)
        if found.explained:
            return verdict.model_copy(update={"detail": f"{verdict.detail}; {found.why}"})
        if found.unread:
            outcome = Outcome.PASS if self._accepts else Outcome.UNCONFIRMED
            why = f"no second opinion: {found.why}"
            detail = f"{verdict.detail}; {why}" if self._accepts else why
            return verdict.model_copy(update={"outcome": outcome, "detail": detail})
        if found.agrees is not False or found.second is None:
            return verdict
        changes = {"outcome": Outcome.DISPUTED, "detail": found.why, "second_log": found.second.log}
        return verdict.model_copy(update=changes)


def second_opinion(simulator: Simulator, prover: Prover, design: Design) -> Opinion:
    """Judge *design*, and what yosys makes of it; no opinion where yosys is missing or cannot read the design."""
    return _opinion(simulator, prover, design, simulator.check(design))


def _opinion(simulator: Simulator, prover: Prover, design: Design, first: Verdict) -> Opinion:
    if first.outcome in _NOTHING_TO_COPY:
        return Opinion(agrees=None, why="the design was not simulated", first=first)
    for asked in (_on_other_code, _on_delays):
        found = asked(simulator, design, first)
        if found.agrees is False:
            return found
    return _on_copy(simulator, prover, design, first)


def _on_copy(simulator: Simulator, prover: Prover, design: Design, first: Verdict) -> Opinion:
    """Judge what yosys makes of *design*."""
    if is_cocotb(design.testbench):
        why = "a cocotb testbench may look inside the design, where a copy is another"
        return Opinion(agrees=None, why=why, first=first)
    copy = prover.resynthesised(design.rtl, _asked(design))
    if not copy.text:
        return Opinion(agrees=None, why=copy.why, first=first, unread=prover.yosys is not None)
    second = simulator.check(design.model_copy(update={"rtl": copy.text}))
    if second.outcome is first.outcome:
        return Opinion(agrees=True, why="the copy gets the same verdict", first=first, second=second)
    return _differing(simulator, prover, design, first, second)


def _asked(design: Design) -> Asked:
    return Asked(instantiated(design.testbench), design.testbench)


def _differing(
    simulator: Simulator, prover: Prover, design: Design, first: Verdict, second: Verdict
) -> Opinion:
    """Explain why the copy got another verdict, or say that it did."""
    if second.outcome in _NO_ANSWER and _DRIVERS not in second.detail:
        why = f"the copy cannot be judged: {second.detail}"
        # A testbench that looks inside finds other names in a copy; that is no choice of the design.
        inside = second.detail.startswith("testbench.v:")
        return Opinion(agrees=None, why=why, first=first, unread=not inside)
    for why, readings in _EXPLANATIONS if first.passed else ():
        verdict = _under_all(simulator, prover, design, readings)
        if verdict is not None:
            return Opinion(agrees=True, why=why, first=first, second=verdict, explained=True)
    why = f"{first.outcome} as written, {second.outcome} as synthesised: {second.detail}"
    return Opinion(agrees=False, why=why, first=first, second=second)


_NO_ANSWER = frozenset({Outcome.COMPILE_ERROR, Outcome.FORBIDDEN, Outcome.RESOURCE_LIMIT})
_DRIVERS = "unresolved wires"
"""What Icarus says of a variable with two drivers: the design's fault, not the copy's."""

_UNKNOWN = "as synthesised only once unknown bits have a value, whichever: 0, 1 or random"
_VALUES: tuple[Unknown, ...] = ("zero", "one", "random1", "random2", "random3", "random4")
_EXPLANATIONS = (
    (
        "as synthesised only with inputs taken at the very clock edge, where the testbench changes them",
        (Reading(at_edge=True),),
    ),
    (_UNKNOWN, tuple(Reading(unknown=value) for value in _VALUES)),
    (_UNKNOWN, tuple(Reading(at_edge=True, unknown=value) for value in _VALUES)),
)
"""Why a right design's copy may fail, and the readings that must all pass to show it."""


def _under_all(
    simulator: Simulator, prover: Prover, design: Design, readings: tuple[Reading, ...]
) -> Verdict | None:
    """The verdict on *design* as the last of *readings* has it, if it passes as each of them has it."""
    wanted = _asked(design)
    verdict: Verdict | None = None
    for reading in readings:
        copy = prover.resynthesised(design.rtl, wanted, reading)
        verdict = simulator.check(design.model_copy(update={"rtl": copy.text})) if copy.text else None
        if verdict is None or not verdict.passed:
            return None
    return verdict


_FOR_SYNTHESIS = re.compile(r"`(?:ifdef|ifndef|elsif)\s+(?:SYNTHESIS|YOSYS)\b")
_DEFINED = "`define SYNTHESIS\n`define YOSYS\n"


def _on_other_code(simulator: Simulator, design: Design, first: Verdict) -> Opinion:
    """Judge *design* as a synthesis tool reads it, with the macros defined that such a tool defines."""
    if not _FOR_SYNTHESIS.search(design.rtl):
        return Opinion(agrees=None, why="the design has no code for synthesis alone", first=first)
    second = simulator.check(design.model_copy(update={"rtl": _DEFINED + design.rtl}))
    why = f"{first.outcome} as written, {second.outcome} with SYNTHESIS defined: {second.detail}"
    return Opinion(agrees=second.outcome is first.outcome, why=why, first=first, second=second)


def _on_delays(simulator: Simulator, design: Design, first: Verdict) -> Opinion:
    """Judge *design* without its delays."""
    plain = undelayed(design.rtl)
    if plain == design.rtl:
        return Opinion(agrees=None, why="the design has no delays", first=first)
    if plain is None:
        why = f"{first.outcome} as written, and a macro hides its delays too well to judge it without them"
        return Opinion(agrees=False, why=why, first=first, second=first)
    second = simulator.check(design.model_copy(update={"rtl": plain}))
    why = f"{first.outcome} as written, {second.outcome} without its delays: {second.detail}"
    return Opinion(agrees=second.outcome is first.outcome, why=why, first=first, second=second)


_NOTHING_TO_COPY = frozenset({Outcome.COMPILE_ERROR, Outcome.FORBIDDEN})
