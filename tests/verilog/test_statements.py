"""Statements: one digest for a design whatever its names, its order and the way its numbers are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.verilog.modules import modules
from ct_retrain.verilog.statements import Statements, is_clocked, module_statements
from ct_retrain.verilog.tree import parse

COUNTER = """
module counter(input clk, input rst, input [3:0] d, output reg [3:0] q, output y);
  wire t; reg [3:0] s;
  assign t = &d & 4'hF;
  assign y = t ^ s[0];
  always @(posedge clk or posedge rst)
    if (rst) begin q <= 8'hFF; s <= 0; end
    else begin
      s <= s + 1'b1;
      case (d) 4'd1: q <= d; 2: q <= s; default: q <= 0; endcase
    end
endmodule
"""


def of(text: str) -> Statements:
    parsed = parse(text)
    assert parsed is not None
    [found] = module_statements(parsed, modules(text)).values()
    return found


def test_names_order_and_constants_do_not_count() -> None:
    other = """
    module k(rr, dd, cc, yy, qq); output yy; output [3:0] qq; reg [3:0] qq; input cc, rr; input [3:0] dd;
      reg [3:0] zz; wire u = &dd & 15;
      always_ff @(posedge cc or posedge rr)
        if (rr) begin zz <= '0; qq <= 255; end
        else begin
          case (dd) 4'b0010: qq <= zz; 4'h1: qq <= dd; default: qq <= 4'b0; endcase
          zz <= zz + 1;
        end
      assign yy = u ^ zz[0];
    endmodule
    """
    assert of(other) == of(COUNTER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("posedge rst", "negedge rst"),
        ("if (rst)", "if (!rst)"),
        ("8'hFF", "8'hFE"),
        ("t ^ s[0]", "t & s[0]"),
        ("s[0]", "s[1]"),
        ("2: q <= s", "2: q <= d"),
        ("[3:0] q", "[4:0] q"),
        ("assign y = t ^", "assign y = y ^"),
    ],
)
def test_another_design_has_another_digest(old: str, new: str) -> None:
    assert of(COUNTER.replace(old, new, 1)).digest != of(COUNTER).digest


def test_swapping_the_roles_of_two_names_is_another_design() -> None:
    one = "module m(input a, input b, output y); assign y = a & ~b; endmodule"
    same = "module m(input a, input b, output y); assign y = b & ~a; endmodule"
    other = "module m(input a, input b, output y); assign y = a & ~a; endmodule"

    assert of(one) == of(same), "ports of one kind are told apart by use alone"
    assert of(one).digest != of(other).digest


@given(st.permutations(range(5)))
def test_assignments_may_stand_in_any_order(order: list[int]) -> None:
    lines = [f"assign y{n} = a ^ {n};" for n in range(5)]
    ports = ", ".join(f"output [7:0] y{n}" for n in range(5))
    texts = [
        f"module m(input [7:0] a, {ports}); {' '.join(lines[n] for n in one)} endmodule"
        for one in (range(5), order)
    ]
    assert of(texts[0]) == of(texts[1])


@pytest.mark.parametrize(
    "junk", ["", "module", "module m(; endmodule", "endmodule module", '`include "x"\nmodule m; endmodule']
)
def test_junk_is_no_error(junk: str) -> None:
    parsed = parse(junk)
    assert parsed is None or module_statements(parsed, modules(junk)) is not None


def test_an_edge_anywhere_makes_a_design_clocked() -> None:
    clocked, plain = parse(COUNTER), parse("module m(input a, output y); assign y = a; endmodule")
    assert clocked is not None
    assert plain is not None
    assert is_clocked(clocked)
    assert not is_clocked(plain)
