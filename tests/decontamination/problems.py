"""Two small suites and the ways to compare with them."""

from ct_retrain.core.record import digest
from ct_retrain.core.records.problem import Problem, Suite
from ct_retrain.decontamination.behaviour import BehaviourTools
from ct_retrain.decontamination.comparer import ComparedRows, Comparer, ComparisonLimits
from ct_retrain.decontamination.protected import References
from ct_retrain.decontamination.texts import Candidate

MAJORITY = """module majority(input clk, input rst, input [2:0] votes, output reg passed, output [1:0] count);
  assign count = votes[0] + votes[1] + votes[2];
  always @(posedge clk)
    if (rst) passed <= 1'b0;
    else passed <= count > 2'd1;
endmodule
"""
ASKED = (
    "Design a voting circuit named majority with a registered verdict. Three jurors vote on votes[2:0]; count "
    "says combinationally how many of them agree, and passed is set at the rising edge of clk when at least 2 of "
    "the jurors do. A synchronous rst acquits the defendant."
)
GATE = "module gate(input p, input q, output r);\n  assign r = p & q;\nendmodule\n"
GATE_ASKED = "Write a module named gate whose output r is the conjunction of its inputs p and q."
NEUTRAL = "Write the next module of our library."


def problem(name: str, asked: str, golden: str) -> Problem:
    return Problem(
        id=name, spec=asked, top=name, testbench="module tb; endmodule", golden=golden, category="logic"
    )


def suite(*problems: Problem, name: str = "court") -> Suite:
    return Suite(name=name, problems=problems, digest=digest(*problems))


COURT = suite(problem("majority", ASKED, MAJORITY), problem("gate", GATE_ASKED, GATE))


def compared(
    *rows: tuple[str, str], laboratory: BehaviourTools | None = None, suites: tuple[Suite, ...] = (COURT,)
) -> ComparedRows:
    comparer = Comparer(References(suites), ComparisonLimits(0.5, 1000, 100), laboratory, 1)
    return comparer.compare(Candidate(question, answer, "gold") for question, answer in rows)


def rule(question: str, answer: str, laboratory: BehaviourTools | None = None) -> str:
    """The rule by which a row is refused; "" where it stays."""
    found = compared((question, answer), laboratory=laboratory).matches
    return found[0].rule.value if found else ""
