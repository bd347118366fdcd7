"""A second opinion on a design: does what synthesis makes of it get the same verdict?

yosys reads the design and writes it again as plain registers and logic, and the copy is judged like the design.
What only a simulator would do (incomplete sensitivity lists, delays, races, comparisons with x) is gone in it.
"""

from ct_retrain.core.record import Record
from ct_retrain.core.verdict import Design, Outcome, Verdict
from ct_retrain.judge.icarus import Icarus
from ct_retrain.verilog.modules import instantiated


class Opinion(Record):
    """Both verdicts, and whether they agree."""

    agrees: bool | None
    """None when there is no second verdict."""
    why: str
    first: Verdict
    second: Verdict | None = None
    """Of the copy."""


def second_opinion(judge: Icarus, design: Design) -> Opinion:
    """Judge *design*, and what yosys makes of it; no opinion where yosys is missing or cannot read the design."""
    first = judge.check(design)
    if first.outcome in _NOTHING_TO_COPY:
        return Opinion(agrees=None, why="the design was not simulated", first=first)
    copy = judge.resynthesised(design.rtl, instantiated(design.testbench))
    if not copy.text:
        return Opinion(agrees=None, why=copy.why, first=first)
    second = judge.check(Design(rtl=copy.text, testbench=design.testbench))
    if second.outcome is first.outcome:
        return Opinion(agrees=True, why="the copy gets the same verdict", first=first, second=second)
    why = f"{first.outcome} as written, {second.outcome} as synthesised: {second.detail}"
    return Opinion(agrees=False, why=why, first=first, second=second)


_NOTHING_TO_COPY = frozenset({Outcome.COMPILE_ERROR, Outcome.FORBIDDEN})
