"""Modules, ports and what a testbench wants."""

import pytest

from ct_retrain.verilog.modules import Module, Port, instantiated, modules, tops

TEXT = """
module leaf #(parameter W = 4) (input [W-1:0] a, output reg [W-1:0] q); endmodule
module top(a, b); input [7:0] a; inout b; leaf #(.W(8)) u(.a(a)); elsewhere v(); and g(b, a[0], a[1]); endmodule
"""


def test_ports_have_names_directions_and_widths() -> None:
    leaf, top = modules(TEXT)

    assert leaf == Module("leaf", (Port("a", "input", 4), Port("q", "output", 4)))
    assert top == Module("top", (Port("a", "input", 8), Port("b", "inout", 1)))


def test_tops_are_what_nobody_instantiates() -> None:
    assert tops(TEXT) == ("top",)


def test_instantiated_is_what_is_missing() -> None:
    assert instantiated(TEXT) == ("elsewhere",)


JUNK = {
    "empty": "",
    "binary": "\0\x01\x02\ud800",
    "keyword": "module",
    "parentheses": "module m; assign a = " + "(" * 200_000,
    "blocks": "module m; generate " + "if (1) begin " * 50_000,
    "modules": "module m; " * 50_000,
    "operators": "module m; assign a = " + "b+" * 400_000 + "b; endmodule",
    "macros": "`define A0 x x\n"
    + "".join(f"`define A{i} `A{i - 1} `A{i - 1}\n" for i in range(1, 40))
    + "`A39",
    "arguments": "`define D(x) x x\n" + "`D(" * 40 + "a" + ")" * 40,
    "include": '`include "/etc/passwd"\n',
    "widths": "module m(input [2147483647:0] a, input [1<<40:0] b); endmodule",
    "generate": "module m; genvar i; for (i = 0; i < 100000000; i = i + 1) begin wire w; end endmodule",
    "self": "module m; m u(); endmodule",
}


@pytest.mark.parametrize("text", JUNK.values(), ids=JUNK)
def test_junk_raises_nothing_and_ends_soon(text: str) -> None:
    modules(text)
    tops(text)
    instantiated(text)
