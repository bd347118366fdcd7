"""Designs with known verdicts, which a judge must get right before it judges anything else."""

from typing import NamedTuple

from ct_retrain.core.records.verdict import Design, Outcome

_TESTBENCH = """
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif
module tb;
  reg [3:0] a = 0, b = 0;
  wire [4:0] s;
  integer checks = 0, errors = 0;
  adder dut(.a(a), .b(b), .s(s));
  initial begin
    repeat (16) begin
      #1 checks = checks + 1;
      if (s !== a + b) errors = errors + 1;
      {b, a} = {b, a} + 8'd17;
    end
    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
"""

_ADDER = "`define SUM a + b\nmodule adder(input [3:0] a, b, output [4:0] s);\n  assign s = `SUM;\nendmodule\n"


class KnownDesign(NamedTuple):
    """A design and its right verdict."""

    design: Design
    outcome: Outcome


def known_designs() -> tuple[KnownDesign, ...]:
    """Return a right design, a wrong one, one that does not compile, and one that is forbidden."""
    texts = {
        Outcome.PASS: _ADDER,
        Outcome.MISMATCH: _ADDER.replace("a + b", "a - b"),
        Outcome.COMPILE_ERROR: _ADDER.replace("assign", "asign"),
        Outcome.FORBIDDEN: _ADDER.replace("endmodule", "initial $finish;\nendmodule"),
    }
    return tuple(
        KnownDesign(Design(rtl=rtl, testbench=_TESTBENCH), outcome) for outcome, rtl in texts.items()
    )


_TESTS = """# TOPLEVEL = adder
import cocotb
from cocotb.triggers import Timer


@cocotb.test()
async def adds(dut):
    for a in range(16):
        dut.a.value, dut.b.value = a, 15 - a
        await Timer(1, "ns")
        assert int(dut.s.value) == 15
"""


def known_cocotb_designs() -> tuple[KnownDesign, ...]:
    """Return a right and a wrong design for cocotb."""
    texts = {Outcome.PASS: _ADDER, Outcome.MISMATCH: _ADDER.replace("a + b", "a - b")}
    return tuple(KnownDesign(Design(rtl=rtl, testbench=_TESTS), outcome) for outcome, rtl in texts.items())
