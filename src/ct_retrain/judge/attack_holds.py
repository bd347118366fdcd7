"""Testbenches of the attack suite that hold its counter in other ways, in eight styles of saying a verdict.

All of them check the same twenty clocks. `JOINTS` say how stimulus and expectation reach the design's ports.
"""

from collections.abc import Callable

from ct_retrain.judge.attack_benches import COUNTER, PASS_LINES

STYLES = ("house", "verilogeval", "plain", "counts", "table", "severity", "assertion", "silent")
JOINTS = ("nets", "wildcard", "reference")
"""Nets that another module drives; `.*`; a reference that the testbench does not bring."""


def held(joint: str) -> dict[str, str]:
    """One testbench a style, by the style's name, that holds the design by *joint*."""
    made = {style: _bench(style, joint) for style in STYLES}
    made["house"] = _HOUSE_HEAD + made["house"]
    if joint != "reference":
        made["verilogeval"] = _REFERENCE + made["verilogeval"]
    return made


HELD_PASS_LINES: dict[str, Callable[[str], bool]] = {
    **PASS_LINES,
    **dict.fromkeys(("table", "severity", "assertion"), lambda output: "pass" in output.lower()),
    "silent": lambda output: "done" in output and "WRONG" not in output,
}
"""The rules by which careless scripts decide."""

_HOUSE_HEAD = '`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif\n'
_REFERENCE = COUNTER.replace("counter", "RefModule")
_COUNT = "if (q !== expected_q) errors = errors + 1;"
_CHECKS = {
    "table": 'if (q !== expected_q) errors = errors + 1; $display("| %2d | %b | %b | %s |", i, q, expected_q,'
    ' q === expected_q ? "ok " : "BAD");',
    "severity": 'if (q !== expected_q) begin errors = errors + 1; $error("q is %b, not %b", q, expected_q); end',
    "assertion": "assert (q === expected_q) else begin errors = errors + 1;"
    ' $display("step %0d: q is %b, not %b", i, q, expected_q); end',
    "silent": 'if (q !== expected_q) $display("WRONG: q is %b, not %b", q, expected_q);',
}
_VERDICTS = {
    "house": '$display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);',
    "verilogeval": "",
    "plain": 'if (errors == 0) $display("=====Your Design Passed=====");'
    ' else $display("=====Test completed with %0d / 20 failures=====", errors);',
    "counts": '$display("PASS: %0d FAIL: %0d", checks - errors, errors);',
    "table": '$display("+----+"); if (errors == 0) $display("PASS"); else $display("%0d rows are wrong", errors);',
    "severity": 'if (errors == 0) $display("TEST PASSED"); else $fatal(1, "TEST FAILED");',
    "assertion": 'if (errors == 0) $display("All assertions passed"); else $display("%0d failed", errors);',
    "silent": '$display("done");',
}
_MISMATCHES = '  final $display("Mismatches: %1d in %1d samples", errors, checks);\n'
_HELD = {
    "nets": "wire clk, rst;\n  reg clock = 0, reset = 1;\n  assign clk = clock;\n  assign rst = reset;\n"
    "  wire [1:0] q;\n  reg [1:0] expected_q;\n  counter dut(.clk(clk), .rst(rst), .q(q));",
    "wildcard": "reg clk = 0, rst = 1;\n  wire [1:0] q;\n  reg [1:0] expected_q;\n  reg [7:0] step = 0;\n"
    "  counter dut(.*);",
    "reference": "reg clk = 0, rst = 1;\n  wire [1:0] q, expected_q;\n"
    "  counter dut(.clk(clk), .rst(rst), .q(q));\n  REFERENCE good(.clk(clk), .rst(rst), .q(expected_q));",
}
_NEXT = {
    "nets": "@(posedge clock); #1 if (rst) expected_q = 0; else expected_q = expected_q + 1;",
    "reference": "@(posedge clk); #1;",
}
_BODY = """`timescale 1ns/1ps
`ifndef NTESTS
`define NTESTS 20
`endif
module tb;
  HELD
  integer checks = 0, errors = 0, i;
  always #5 CLOCK = ~CLOCK;
  task report_pass; errors = 0; endtask
  initial begin : checker_block
    @(posedge CLOCK); #1 RESET = 0; START
    for (i = 0; i < `NTESTS; i = i + 1) begin
      checks = checks + 1;
      CHECK
      NEXT
    end
    VERDICT
    $finish;
  end
"""


def _bench(style: str, joint: str) -> str:
    parts = {
        "HELD": _HELD[joint],
        "CLOCK": "clock" if joint == "nets" else "clk",
        "RESET": "reset" if joint == "nets" else "rst",
        "START": "" if joint == "reference" else "expected_q = 0;",
        "CHECK": _CHECKS.get(style, _COUNT),
        "NEXT": _NEXT.get(joint, "@(posedge clk); #1 expected_q = expected_q + 1;"),
        "VERDICT": _VERDICTS[style],
        "REFERENCE": "counter_ref",
    }
    text = _BODY
    for name, part in parts.items():
        text = text.replace(name, part)
    text += "endmodule\n" if style != "verilogeval" else f"{_MISMATCHES}endmodule\n"
    return text.replace("expected_q", "q_ref") if style == "verilogeval" else text
