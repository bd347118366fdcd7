"""Grade a design as a suite's own grader does, for figures comparable with published ones; never for a gate.

These rules trust everything that is printed, the design's own output included; the tools still run in the
sandbox.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.confined.simulators.naive_run import NaiveOutput, Script
from ct_retrain.judge.fanout import check_all, width_of
from ct_retrain.judge.parts import NaiveScripts

RuleName = Literal["official", "hardened"]


class GraderAnswer(NamedTuple):
    """Answer of a grader."""

    outcome: Outcome
    said: str
    """The grader's own output: a sentence (v1) or a letter (v2)."""


class GraderRule(NamedTuple):
    """Grading rule of one suite."""

    script: Script
    grade: Callable[[NaiveOutput, str], GraderAnswer]
    """Returns the grade, given what the tools printed and the design's text."""


class Official:
    """A Simulator that follows the rule of one kind of suite."""

    def __init__(self, icarus: NaiveScripts, kind: str) -> None:
        """Grade with *icarus* as suites of *kind*, one of RULES, do."""
        self._icarus, self._rule = icarus, RULES[kind]
        self.width = width_of(icarus)
        self.tool = Tool(name=f"official {kind}", version=icarus.tool.version, detail=icarus.tool.detail)

    def check(self, design: Design) -> Verdict:
        """Grade *design*; raise ToolError if the tools fail."""
        said = self._icarus.by_script(design, self._rule.script)
        graded = self._rule.grade(said, design.rtl)
        log = f"{said.compiler}{said.simulator}"[-2000:]
        return Verdict(outcome=graded.outcome, detail=graded.said, log=log, tool=self.tool)


def by_rule(rule: RuleName, simulator: Simulator, icarus: NaiveScripts, kind: str) -> Simulator:
    """Return the judge for suites of *kind*: the suite's own rule if it has one, else *simulator*."""
    return Official(icarus, kind) if rule == "official" and kind in RULES else simulator


class Difference(NamedTuple):
    """A design that passes by one rule and not by the other."""

    subject: str
    official: Verdict
    hardened: Verdict


def disagreements(
    designs: Sequence[tuple[str, Design]], official: Simulator, hardened: Simulator, workers: int = 0
) -> Iterator[Difference]:
    """Return those of *designs* (name, design) on which the rules differ, in order."""
    pairs = zip(
        designs,
        check_all(official, (design for _, design in designs), workers),
        check_all(hardened, (design for _, design in designs), workers),
        strict=True,
    )
    for (subject, _), one, other in pairs:
        if one.passed != other.passed:
            yield Difference(subject, one, other)


_MISMATCHES = re.compile(r"Mismatches: ([0-9]*) in ([0-9]*) samples")


def _v1(said: NaiveOutput, rtl: str) -> GraderAnswer:
    """Pass if the compiler prints nothing and the first count is 0; vvp's standard error is not told apart."""
    del rtl
    if said.timeout:
        return GraderAnswer(Outcome.TIMEOUT, "timed out")
    if said.compiler:
        kind = "syntax" if "syntax error" in said.compiler else "compile"
        return GraderAnswer(Outcome.COMPILE_ERROR, f"failed: {kind} error.")
    found = _MISMATCHES.search(said.simulator)
    if found is None:
        return GraderAnswer(Outcome.NO_EVIDENCE, "failed: info string not matched.")
    if found[1] and int(found[1]) == 0:
        return GraderAnswer(Outcome.PASS, "passed")
    return GraderAnswer(Outcome.MISMATCH, f"failed: {found[1]} out of {found[2]} samples.")


_LETTERS: tuple[tuple[str, str], ...] = (
    ("syntax error", "S"),
    ("error: This assignment requires an explicit cast", "e"),
    ("error: Sized numeric constant must have a size greater than zero", "0"),
    ("warning: always_comb process has no sensitivities", "n"),
    ("found no sensitivities so it will never trigger", "n"),
    ("is declared here as wire", "w"),
    ("Unknown module type", "m"),
    ("Unable to bind wire/reg/memory `clk'", "c"),
    ("TIMEOUT", "T"),
)
"""What a line of v2's log may hold, in order of precedence; the first line that holds one decides."""
_LATE = (("Unable to bind wire/reg", "p"), ("error", "C"))
"""What decides if no line did."""
_COUNT = re.compile(r"Mismatches: (\d+) in \d+ samples$")
_RESET = re.compile(r"posedge reset|negedge reset|posedge r\)")


def _v2(said: NaiveOutput, rtl: str) -> GraderAnswer:
    letter = _letter(f"{said.compiler}\n{said.simulator}\n{'TIMEOUT' if said.timeout else ''}")
    if letter == "?":
        letter = "r" if _RESET.search(rtl) else "R"
    outcome = {".": Outcome.PASS, "T": Outcome.TIMEOUT, "r": Outcome.MISMATCH, "R": Outcome.MISMATCH}
    return GraderAnswer(outcome.get(letter, Outcome.COMPILE_ERROR), letter)


def _letter(log: str) -> str:
    """Return v2's letter for *log*; "?" if the design's text decides."""
    lines = log.split("\n")
    passed = False
    for line in lines:
        found = next((letter for words, letter in _LETTERS if words in line), "")
        if found:
            return found
        count = _COUNT.match(line)
        passed = passed or (count is not None and int(count[1]) == 0)
    late = next((letter for words, letter in _LATE if any(words in line for line in lines)), "")
    return late or ("." if passed else "?")


def _saying(*words: str) -> Callable[[NaiveOutput, str], GraderAnswer]:
    """Return a grade that passes what compiles and prints one of *words*."""

    def grade(said: NaiveOutput, rtl: str) -> GraderAnswer:
        del rtl
        if said.refused:
            return GraderAnswer(Outcome.COMPILE_ERROR, "syntax")
        if said.timeout:
            return GraderAnswer(Outcome.TIMEOUT, "time out")
        passed = any(one in said.simulator for one in words)
        return GraderAnswer(Outcome.PASS if passed else Outcome.MISMATCH, "pass" if passed else "fail")

    return grade


_WARNED = ("-Wall", "-Winfloop", "-Wno-timescale", "-s", "tb")
RULES: dict[str, GraderRule] = {
    "verilogeval-v1": GraderRule(Script(_WARNED, together=True, stops=True), _v1),
    **dict.fromkeys(
        ("verilogeval-v2", "chipbench"), GraderRule(Script(_WARNED, together=False, stops=False), _v2)
    ),
    "rtllm": GraderRule(Script((), together=False, stops=True), _saying("Pass", "pass")),
    "resbench": GraderRule(Script((), together=False, stops=True), _saying("All tests passed")),
    **dict.fromkeys(
        ("vgen", "vgen-low", "vgen-high"),
        GraderRule(Script((), together=False, stops=True), _saying("all tests passed")),
    ),
}
"""Kind of suite → its rule; other kinds have no rule of their own."""
