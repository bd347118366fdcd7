"""A copy of a design has the parameters that the testbench asks for, or there is no copy."""

import pytest

from ct_retrain.verilog.overrides import Values, overrides

RTL = 'module m #(parameter W = 8, parameter logic [W-1:0] T = 1, parameter N = "a") (output [W-1:0] y); endmodule\n'


@pytest.mark.parametrize(
    ("instances", "sets", "why"),
    [
        ("m u ();", [()], ""),
        ("m #(.W(4), .T(4'b1001)) u ();", [(("W", "4"), ("T", "4'b1001"))], ""),
        ("localparam K = 3; m #(K + 1) u ();", [(("W", "4"), ("T", "4'b1"))], ""),
        ("m #(.W(4)) u (); m #(.W(5)) v ();", [(("W", "4"), ("T", "4'b1")), (("W", "5"), ("T", "5'b1"))], ""),
        ("m u (); m #(.T(8'd3)) v ();", [(("T", "8'd1"),), (("T", "8'd3"),)], ""),
        (
            "genvar i; for (i = 1; i < 10; i = i + 1) m #(.W(i)) u ();",
            [()],
            "m is instantiated with more than 8 sets",
        ),
        ('m #(.N("b")) u ();', [(("N", "8'd98"),)], ""),
        ("m u (); defparam u.W = 2;", [(("W", "2"), ("T", "2'b1"))], ""),
    ],
)
def test_what_a_testbench_gives(instances: str, sets: list[Values], why: str) -> None:
    found = overrides(RTL, f"module tb; {instances} endmodule", "m")

    assert found.sets == tuple(sets)
    assert found.why.startswith(why)
    assert bool(found.why) == bool(why)
