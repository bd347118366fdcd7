"""The assertions of a testbench become properties of the ports, or a reason says why not."""

import pytest

from ct_retrain.verilog.assertions import NONE, assertions_of
from ct_retrain.verilog.modules import modules

RTL = "module dut(input clk, input rst, output reg [3:0] q);\n  always @(posedge clk) q <= rst ? 0 : q + 1;\nendmodule\n"
[DESIGN] = modules(RTL)


def tb(body: str, wiring: str = ".clk(clock), .rst(rst), .q(q)", width: str = "[3:0]") -> str:
    return (
        f"module tb;\n  reg clock, rst; wire {width} q; integer n;\n  dut u({wiring});\n{body}\nendmodule\n"
    )


HOLDS = "always @(posedge clock) if (!rst) assert (q < 10) else $error(n);"


def test_nets_are_ports_by_their_wiring() -> None:
    found = assertions_of(tb(HOLDS), RTL, DESIGN)

    assert found.why == ""
    assert "wire clock = clk;" in found.text
    assert "input [3:0] q" in found.text
    assert HOLDS in found.text


@pytest.mark.parametrize(
    ("testbench", "why"),
    [
        (tb("initial begin #1 assert (q < 3); end"), "outside the always blocks"),
        (tb("always @(posedge clock) assert (q < n);"), "reads n"),
        (tb("always @(posedge clock) begin #1 assert (q < 3); end"), "has a delay"),
        (tb(HOLDS, width="[7:0]"), "q has another width than the port q"),
        (tb(HOLDS, wiring=".clk(clock), .rst(rst), .q(q[3:0])"), "reads q"),
        (tb(HOLDS + "\n  dut v(.clk(clock), .rst(rst), .q());"), "2 times"),
        (tb("assert property (@(posedge clock) q < 3);"), "outside the always blocks"),
    ],
)
def test_what_cannot_be_read_is_told(testbench: str, why: str) -> None:
    found = assertions_of(testbench, RTL, DESIGN)

    assert found.text == ""
    assert why in found.why


@pytest.mark.parametrize("testbench", [tb(""), "import cocotb\n", ""])
def test_a_testbench_without_assertions_has_none(testbench: str) -> None:
    assert assertions_of(testbench, RTL, DESIGN) == NONE
