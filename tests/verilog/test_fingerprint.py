"""Two texts are one design, or they are not."""

import pytest

from ct_retrain.verilog.fingerprint import canonical, shape

A = "module m(input a, output reg [3:0] b);\n  reg t, u;\n  always @* begin t = a; u = t; b = u; end\nendmodule\n"


@pytest.mark.parametrize(
    "same",
    [
        A.replace("\n", "\n\n  // comment\n"),
        A.replace(" t", " one").replace(" u", " two"),
        "/* head */" + " ".join(A.split()),
    ],
)
def test_comments_spacing_and_inner_names_do_not_count(same: str) -> None:
    assert canonical(same) == canonical(A)


@pytest.mark.parametrize(
    "other",
    [
        A.replace("module m", "module n"),
        A.replace("input a", "input c").replace("= a", "= c"),
        A.replace("u = t", "u = u"),
        A.replace("[3:0]", "[4:0]"),
    ],
)
def test_what_a_testbench_sees_and_what_it_does_count(other: str) -> None:
    assert canonical(other) != canonical(A)


def test_shape_forgets_outer_names_too() -> None:
    renamed = A.replace("module m", "module n").replace("input a", "input c").replace("= a", "= c")

    assert shape(renamed) == shape(A)
    assert shape(A.replace("u = t", "u = u")) != shape(A)


def test_names_that_bind_by_name_stay() -> None:
    wires = "module sub(input clk, output q); assign q = clk; endmodule\nmodule m; wire {}; sub u({}); endmodule\n"

    assert canonical(wires.format("clk, q", ".*")) != canonical(wires.format("q, clk", ".*"))
    assert canonical(wires.format("clk, x", ".clk")) != canonical(wires.format("x, clk", ".clk"))
    assert canonical(wires.format("a, b", ".clk(a), .q(b)")) == canonical(
        wires.format("c, d", ".clk(c), .q(d)")
    )


def test_junk_has_a_digest_too() -> None:
    assert canonical("not verilog ((") != canonical("not verilog )(")
