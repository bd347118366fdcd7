"""Second opinion: judge the design again as yosys synthesises it, and compare the verdicts.

yosys reads the design and writes it again as plain registers and logic. Effects that exist only in simulation
(incomplete sensitivity lists, delays, races, comparisons with x) are gone in this copy. If the copy fails,
three explanations are tried: a testbench that changes inputs at the clock edge, latches whose data changes as they
close, and bits that are unknown at power-up and do not matter, whatever their values. yosys cannot read everything that simulates; therefore a
design with delays must first pass without them.
"""

import re
from pathlib import PurePosixPath
from typing import Literal

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Record, Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.confined.formal.synthesis import SynthesisChoice, SynthesisRequest, Unknown
from ct_retrain.judge.evidence.cocotb import is_cocotb, settings, wanted
from ct_retrain.judge.evidence.logs import looks_inside
from ct_retrain.judge.evidence.wrapper import sealed_in_wrapper
from ct_retrain.judge.prover import Prover
from ct_retrain.verilog.delays import undelayed


class Opinion(Record):
    """Both verdicts, and whether they agree."""

    agrees: bool | None
    """Whether they agree; None if there is no second verdict."""
    why: str
    first: Verdict
    second: Verdict | None = None
    """Verdict on the copy."""
    explained: bool = False
    """Whether the plain copy fails for a reason that is not the design's."""
    unread: bool = False
    """Whether yosys was used and the design is such that there is no second verdict."""


class SecondOpinion:
    """A Simulator whose passes must hold for the copy; else they are DISPUTED, or UNCONFIRMED without a copy."""

    def __init__(
        self, simulator: Simulator, prover: Prover, unconfirmed: Literal["refuse", "accept"] = "refuse"
    ) -> None:
        """Judge designs with *simulator*, and passing ones again as *prover* rewrites them.

        If *unconfirmed* is `accept`, a pass without a copy remains a pass.
        """
        self._simulator, self._prover = simulator, prover
        self._accepts = unconfirmed == "accept"
        self._name = f"; second opinion 11, {prover.reading}{', or none' if self._accepts else ''}"
        self.tool = self._named(simulator.tool)

    def check(self, design: Design) -> Verdict:
        """Judge *design*, and its copy if it passes; the verdict's Tool always includes the second opinion."""
        verdict = self._simulator.check(design)
        doubtful = verdict.passed and design.equals is None  # a proof is about the synthesised design already
        judged = self._doubted(design, verdict) if doubtful else verdict
        return judged.model_copy(update={"tool": self._named(judged.tool)})

    def _named(self, tool: Tool) -> Tool:
        return tool.model_copy(update={"detail": tool.detail + self._name})

    def _doubted(self, design: Design, verdict: Verdict) -> Verdict:
        """Return *verdict*, a pass, after comparing it with that on the copy."""
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
    """Judge *design* and its copy; no opinion if yosys is missing or cannot read the design."""
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
    """Judge yosys's copy of *design*."""
    if is_cocotb(design.testbench) and any(file.name in _sources(design) for file in design.files):
        return Opinion(agrees=None, why="the testbench brings a part of the design", first=first)
    copy = prover.resynthesised(design.rtl, _asked(design))
    if not copy.text:
        return Opinion(agrees=None, why=copy.why, first=first, unread=prover.yosys is not None)
    second = simulator.check(design.model_copy(update={"rtl": copy.text}))
    if second.outcome is first.outcome:
        return Opinion(agrees=True, why="the copy gets the same verdict", first=first, second=second)
    return _differing(simulator, prover, design, first, second)


def _asked(design: Design) -> SynthesisRequest:
    needed = wanted(design.testbench)
    if not is_cocotb(design.testbench):
        return SynthesisRequest(needed, design.testbench)
    # The tests may read parameters, which a copy has if an instance might set them.
    return SynthesisRequest(
        needed, "".join(f"module ct_tests;\n  {top} #() dut ();\nendmodule\n" for top in needed)
    )


def _sources(design: Design) -> set[str]:
    """Return the names of the Verilog files that a cocotb testbench asks for."""
    return {
        PurePosixPath(name).name for name in settings(design.testbench).get("VERILOG_SOURCES", "").split()
    }


def _differing(
    simulator: Simulator, prover: Prover, design: Design, first: Verdict, second: Verdict
) -> Opinion:
    """Explain why the copy got another verdict, or report that it did."""
    if second.outcome in _NO_ANSWER and _DRIVERS not in second.detail:
        why = f"the copy cannot be judged: {second.detail}"
        # A testbench that looks inside finds other names in a copy, which is not the design's choice.
        inside = second.detail.startswith("testbench.v:") and looks_inside(second.detail)
        return Opinion(agrees=None, why=why, first=first, unread=not inside)
    for why, readings in _EXPLANATIONS if first.passed else ():
        verdict = _under_all(simulator, prover, design, readings)
        if verdict is not None:
            return Opinion(agrees=True, why=why, first=first, second=verdict, explained=True)
    if is_cocotb(design.testbench) and not _passes_sealed(simulator, design):
        why = "the tests look inside the design or set its parameters, where a copy is another"
        return Opinion(agrees=None, why=why, first=first, second=second)
    why = f"{first.outcome} as written, {second.outcome} as synthesised: {second.detail}"
    return Opinion(agrees=False, why=why, first=first, second=second)


def _passes_sealed(simulator: Simulator, design: Design) -> bool:
    """Whether cocotb's tests pass *design* where they find its ports alone, and its usual parameters, as in a copy."""
    sealed = sealed_in_wrapper(design.rtl, next(iter(wanted(design.testbench)), ""))
    return bool(sealed) and simulator.check(design.model_copy(update={"rtl": sealed})).passed


_NO_ANSWER = frozenset({Outcome.COMPILE_ERROR, Outcome.FORBIDDEN, Outcome.RESOURCE_LIMIT})
_DRIVERS = "unresolved wires"
"""Icarus's message on a variable with two drivers, which is the design's fault, not the copy's."""

_UNKNOWN = "as synthesised only once unknown bits have a value, whichever: 0, 1 or random"
_VALUES: tuple[Unknown, ...] = ("zero", "one", "random1", "random2", "random3", "random4")
_EXPLANATIONS = (
    (
        "as synthesised only with inputs taken at the very clock edge, where the testbench changes them",
        (SynthesisChoice(at_edge=True),),
    ),
    (
        "as synthesised only with latches that close before their data changes, where one input does both",
        (SynthesisChoice(settled=True),),
    ),
    (_UNKNOWN, tuple(SynthesisChoice(unknown=value) for value in _VALUES)),
    (_UNKNOWN, tuple(SynthesisChoice(at_edge=True, unknown=value) for value in _VALUES)),
)
"""Why a right design's copy may fail, and the readings that must all pass to show it."""


def _under_all(
    simulator: Simulator, prover: Prover, design: Design, readings: tuple[SynthesisChoice, ...]
) -> Verdict | None:
    """Return the verdict on the last of *readings* if all of them pass."""
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
    """Judge *design* with the macros that a synthesis tool defines."""
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
        why = (
            f"{first.outcome} as written, and its delays are in a macro, so it cannot be judged without them"
        )
        return Opinion(agrees=False, why=why, first=first, second=first)
    second = simulator.check(design.model_copy(update={"rtl": plain}))
    why = f"{first.outcome} as written, {second.outcome} without its delays: {second.detail}"
    return Opinion(agrees=second.outcome is first.outcome, why=why, first=first, second=second)


_NOTHING_TO_COPY = frozenset({Outcome.COMPILE_ERROR, Outcome.FORBIDDEN})
