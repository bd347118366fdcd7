"""Mutants differ from their design in one place, and the same design has the same mutants."""

from collections import Counter

from ct_retrain.verilog.fingerprint import canonical
from ct_retrain.verilog.modules import modules
from ct_retrain.verilog.mutate import mutants

RTL = """module m(input clk, input rst_n, input [3:0] a, b, input [1:0] op, output reg [3:0] y, output z);
  assign z = ~(a == b) && |a;
  wire [3:0] s = op[0] ? a + b : a - 4'd1;
  always @(posedge clk or negedge rst_n)
    if (!rst_n) y <= 4'd0;
    else case (op)
      2'd0: y <= s;
      2'd1: y <= a & b;
      default: y <= y;
    endcase
endmodule
"""


def test_every_mutant_is_another_design_with_the_same_ports() -> None:
    found = list(mutants(RTL, 100))

    assert len({canonical(mutant.rtl) for mutant in found} | {canonical(RTL)}) == len(found) + 1
    assert all(modules(mutant.rtl) == modules(RTL) for mutant in found)


def test_every_operator_finds_its_place() -> None:
    operators = {mutant.operator for mutant in mutants(RTL, 100)}

    assert operators == {
        "assign zero",
        "condition true",
        "negated condition",
        "no case item",
        "no negation",
        "no second edge",
        "no statement",
        "other edge",
        "other number",
        "other operator",
        "other reduction",
        "swapped choices",
    }


def test_operators_take_turns() -> None:
    counts = Counter(mutant.operator for mutant in mutants(RTL, 24))

    assert sum(counts.values()) == 24
    assert max(counts.values()) <= 4


def test_the_same_design_has_the_same_mutants() -> None:
    assert list(mutants(RTL, 10)) == list(mutants(RTL, 10))


def test_a_mutant_names_its_line() -> None:
    lines = RTL.splitlines()
    for mutant in mutants(RTL, 100):
        if mutant.operator != "no case item":
            assert mutant.rtl.splitlines()[mutant.line - 1] != lines[mutant.line - 1]


def test_what_does_not_parse_has_no_mutants() -> None:
    assert list(mutants("module m(", 10)) == []
    assert list(mutants("", 10)) == []


def test_mutants_differ_in_more_than_spaces_and_inner_names() -> None:
    always = "module n(input a, output reg y); always @* if (1'b1) y = ~a; endmodule\n"
    found = [mutant.rtl for mutant in mutants(always + RTL, 1000)]

    assert "condition true" not in {mutant.operator for mutant in mutants(always, 1000)}
    assert len({canonical(text) for text in [always + RTL, *found]}) == len(found) + 1
