"""A copy of a design has the parameters that the testbench asks for, or there is no copy."""

import pytest

from ct_retrain.verilog.overrides import overrides

RTL = 'module m #(parameter W = 8, parameter logic [W-1:0] T = 1, parameter N = "a") (output [W-1:0] y); endmodule\n'


@pytest.mark.parametrize(
    ("instances", "values", "why"),
    [
        ("m u ();", (), ""),
        ("m #(.W(4), .T(4'b1001)) u ();", (("W", "4"), ("T", "4'b1001")), ""),
        ("localparam K = 3; m #(K + 1) u ();", (("W", "4"), ("T", "4'b1")), ""),
        ("m #(.W(4)) u (); m #(.W(5)) v ();", (), "m is instantiated with different parameters"),
        ('m #(.N("b")) u ();', (("N", "8'd98"),), ""),
        ("m u (); defparam u.W = 2;", (("W", "2"), ("T", "2'b1")), ""),
    ],
)
def test_what_a_testbench_gives(instances: str, values: tuple[tuple[str, str], ...], why: str) -> None:
    found = overrides(RTL, f"module tb; {instances} endmodule", "m")

    assert (found.values, found.why) == (values, why)
