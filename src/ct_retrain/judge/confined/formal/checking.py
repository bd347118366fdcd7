"""Checks the properties of a file on a design, and whether each of them is ever evaluated; runs inside a worker.

An assertion that is never reached while the assumptions hold is vacuous: its proof says nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ct_retrain.judge.confined.formal.deciding import can_fail
from ct_retrain.judge.confined.formal.engines import ProofEffort, ProofResult, Yosys
from ct_retrain.judge.confined.formal.equivalence import (
    FREE,
    READ_DESIGN,
    comparable,
    readable,
    rewritten,
    starting,
)
from ct_retrain.judge.confined.formal.monitors import (
    DESIGN,
    proving,
    reaching,
    replaying,
)
from ct_retrain.judge.confined.formal.properties import Properties, read_properties
from ct_retrain.judge.confined.sandbox.process import CpuBudget, Limits
from ct_retrain.verilog.modules import Module, modules


class PropertyQuestion(NamedTuple):
    """A question: do the properties hold for module *top* of *rtl*?"""

    properties: str
    rtl: str
    top: str
    depth: int


def prove_properties(asked: PropertyQuestion, yosys: Yosys, limits: Limits) -> ProofResult:
    """Answer *asked*, in the working directory. An answer of True is never vacuous."""
    with CpuBudget(limits.cpu_seconds):
        text = rewritten(asked.rtl)
        if not text:
            return ProofResult(None, "not synthesizable")
        asked = asked._replace(rtl=text)
        design = next((module for module in modules(asked.rtl) if module.name == asked.top), None)
        if design is None or not comparable(design):
            return ProofResult(None, "ports that cannot be driven")
        properties = read_properties(asked.properties, design)
    if isinstance(properties, str):
        return ProofResult(None, f"{UNFIT}: {properties}")
    return _checked(_Case(asked, properties, yosys, limits), design)


UNFIT = "the property file"


class _Case(NamedTuple):
    asked: PropertyQuestion
    properties: Properties
    yosys: Yosys
    limits: Limits

    def decided(self, files: Mapping[str, str]) -> ProofResult:
        design = READ_DESIGN.format(file="design.v", top=self.asked.top)
        reading = (
            f"{design}{FREE}rename {self.asked.top} {DESIGN}\ndesign -stash design\n"
            f"design -copy-from design -as {DESIGN} {DESIGN}\n"
            "read_verilog -sv -formal properties.v\nread_verilog -sv -formal miter.v"
        )
        effort = ProofEffort(self.limits, bounded=True, depth=self.asked.depth)
        return can_fail({"design.v": readable(self.asked.rtl), **files}, reading, self.yosys, effort)


def _checked(case: _Case, design: Module) -> ProofResult:
    start, properties = starting(design), case.properties
    supposed = [*start.assumptions]
    supposed += [
        f"line {properties.claims[n].line}: {properties.claims[n].condition}"
        for n in properties.numbers("assume")
    ]
    made = case.decided(proving(properties))
    found = made._replace(assumptions=tuple(supposed))
    if made.answer is False:
        return found._replace(bench=replaying(properties, made.steps) if made.steps else "")
    return _with_witnesses(case, found) if made.answer or made.depth else found


_WITNESS_BUDGET = 6
"""Limit of processor time for all searches for witnesses, in multiples of the limit for one proof step."""


def _with_witnesses(case: _Case, found: ProofResult) -> ProofResult:
    """Return *found* with the results of the covers; not proved if an assertion is never reached."""
    idle: list[str] = []
    covers: list[tuple[int, bool | None, int]] = []
    spent = found.cpu_seconds
    for number, claim in enumerate(case.properties.claims):
        if claim.kind == "assume":
            continue
        made = ProofResult(None, "no time is left")
        if spent < _WITNESS_BUDGET * case.limits.cpu_seconds:
            made = case.decided(reaching(case.properties, number))
        spent += made.cpu_seconds
        reached = None if made.answer is None else not made.answer
        if claim.kind == "cover":
            covers.append((claim.line, reached, made.depth if reached else 0))
        elif not reached:
            known = "is never reached" if reached is False else "may never be reached"
            idle.append(f"the assertion in line {claim.line} {known}")
    found = found._replace(cpu_seconds=round(spent, 3), covers=tuple(covers))
    if idle:
        why = f"vacuous: {'; '.join(idle)} while the assumptions hold"
        return found._replace(answer=None, why=why, method="", depth=0)
    return found
