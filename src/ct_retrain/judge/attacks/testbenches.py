"""Testbenches of the attack suite: two small tasks, each in the styles that people and models write.

The counter's testbenches compare with `!==` and count twenty clocks; some connect it in unusual ways
(`CONNECTIONS`). The adder's draw sixty random sums, or use sixty chosen ones, and compare with `!=`, which
overlooks unknown bits.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

COUNTER = """module counter(input clk, input rst, output reg [1:0] q);
  always @(posedge clk) if (rst) q <= 0; else q <= q + 1;
endmodule
"""
ADDER = """module adder(input clk, input rst, input [3:0] a, input [3:0] b, output reg [4:0] s);
  always @(posedge clk) if (rst) s <= 0; else s <= a + b;
endmodule
"""
CONNECTIONS = ("nets", "wildcard", "reference")
"""Unusual connections of the counter: nets driven by another module, `.*`, or a missing reference."""
RIGHT = {"counter": COUNTER, "adder": ADDER, "directed adder": ADDER, "nets": COUNTER, "wildcard": COUNTER}
"""Right answers for each task; if the testbench lacks its reference, no design alone is right."""


class _Style(NamedTuple):
    """How a testbench checks and prints; `DIFFERS` and `AGREES` stand for the comparison."""

    each: str
    """Code run at every check."""
    last: str
    """Code run at the end."""
    tail: str = ""
    """Code after the procedure."""
    head: str = ""
    """Code before the module."""


_COUNT = "if (DIFFERS) errors = errors + 1;"
_EACH = "if (DIFFERS) begin errors = errors + 1; SAY end else passed = passed + 1;"

_STYLES = {
    "house": _Style(
        _COUNT,
        '$display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);',
        head='`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif\n',
    ),
    "verilogeval": _Style(
        _COUNT, "", '  final $display("Mismatches: %1d in %1d samples", errors, checks);\n', head="REFERENCE"
    ),
    "plain": _Style(
        _COUNT,
        'if (errors == 0) $display("=====Your Design Passed=====");'
        ' else $display("=====Test completed with %0d / 20 failures=====", errors);',
    ),
    "words": _Style(
        _EACH.replace("SAY", '$display("step %0d is wrong", checks);'),
        'if (errors == 0) $display("everything went well: all tests passed"); else $display("something is broken");',
    ),
    "counts": _Style(
        _EACH.replace("SAY", '$display("[FAIL] step %0d", checks);'),
        '$display("PASS: %0d FAIL: %0d", passed, errors);',
    ),
    "severity": _Style('if (DIFFERS) $error("wrong at step %0d", checks);', '$display("test finished");'),
    "fatal": _Style('if (DIFFERS) $fatal(1, "wrong at step %0d", checks);', '$display("test passed");'),
    "assertion": _Style('assert (AGREES) else $error("step %0d", checks);', '$display("end of test");'),
    "table": _Style(
        '$display("| %0d | %b | %b | %0s |", checks, OUTPUT, WANTED, (AGREES) ? "ok" : "WRONG");' + _COUNT,
        '$display("| total | %0d errors |", errors);',
    ),
    "silent": _Style('if (DIFFERS) begin $display("ERROR at %0t", $time); $finish; end', ""),
}

_PROCEDURE = """`timescale 1ns/1ps
`ifndef NTESTS
`define NTESTS COUNT
`endif
module tb;
DECLARATIONS
  integer checks = 0, errors = 0, passed = 0, i;
  always #5 CLOCK = ~CLOCK;
  task report_pass; errors = 0; endtask
  initial begin : checker_block
    FIRST
    for (i = 0; i < `NTESTS; i = i + 1) begin
      BEFORE
      checks = checks + 1;
      EACH
      AFTER
    end
    LAST
    $finish;
  end
TAILendmodule
"""


class _Task(NamedTuple):
    declarations: str
    first: str
    before: str
    after: str
    output: str
    wanted: str
    differs: str
    agrees: str
    checks: int
    clock: str = "clk"


_DRIVEN = "  reg clk = 0, rst = 1;\n"
_ADDER = _Task(
    f"{_DRIVEN}  reg [3:0] a = 0, b = 0; wire [4:0] s; reg [4:0] expected;\n"
    "  adder dut(.clk(clk), .rst(rst), .a(a), .b(b), .s(s));",
    "@(posedge clk); @(posedge clk); #1 rst = 0;",
    "a = $random; b = $random; expected = a + b; @(posedge clk); #1;",
    "",
    "s",
    "expected",
    "s != expected",
    "!(s != expected)",
    60,
)
_HELD = "  wire [1:0] q;\n  reg [1:0] expected_q;\n  counter dut(.clk(clk), .rst(rst), .q(q));"
_COUNTER = _Task(
    _DRIVEN + _HELD,
    "@(posedge clk); #1 rst = 0; expected_q = 0;",
    "",
    "@(posedge clk); #1 expected_q = expected_q + 1;",
    "q",
    "expected_q",
    "q !== expected_q",
    "q === expected_q",
    20,
)
_TASKS = {
    "counter": _COUNTER,
    "nets": _COUNTER._replace(
        declarations="  wire clk, rst;\n  reg clock = 0, reset = 1;\n  assign clk = clock;\n  assign rst = reset;\n"
        + _HELD,
        first="@(posedge clock); #1 reset = 0; expected_q = 0;",
        after="@(posedge clock); #1 if (rst) expected_q = 0; else expected_q = expected_q + 1;",
        clock="clock",
    ),
    "wildcard": _COUNTER._replace(
        declarations=f"{_DRIVEN}  wire [1:0] q;\n  reg [1:0] expected_q;\n  reg [7:0] step = 0;\n  counter dut(.*);"
    ),
    "reference": _COUNTER._replace(
        declarations=f"{_DRIVEN}  wire [1:0] q, expected_q;\n  counter dut(.clk(clk), .rst(rst), .q(q));\n"
        "  counter_ref good(.clk(clk), .rst(rst), .q(expected_q));",
        first="@(posedge clk); #1 rst = 0;",
        after="@(posedge clk); #1;",
    ),
    "adder": _ADDER,
    "directed adder": _ADDER._replace(
        before=_ADDER.before.replace("a = $random; b = $random", "a = i * 7; b = i * 3 + i / 16")
    ),
}


def benches(task: str = "counter") -> dict[str, str]:
    """Return style → testbench; all of them check the same."""
    return {name: _written(_TASKS[task], style, RIGHT.get(task, "")) for name, style in _STYLES.items()}


def _written(task: _Task, style: _Style, right: str) -> str:
    text = _PROCEDURE
    for place, words in {
        "DECLARATIONS": task.declarations,
        "FIRST": task.first,
        "BEFORE": task.before,
        "EACH": style.each,
        "AFTER": task.after,
        "LAST": style.last,
        "TAIL": style.tail,
        "DIFFERS": task.differs,
        "AGREES": task.agrees,
        "OUTPUT": task.output,
        "WANTED": task.wanted,
        "COUNT": str(task.checks),
        "CLOCK": task.clock,
    }.items():
        text = text.replace(place, words)
    reference = re.sub(r"^module \w+", "module RefModule", right)
    made = style.head.replace("REFERENCE", reference) + text
    return made.replace("expected_q", "q_ref") if style.head == "REFERENCE" else made


def _line(pattern: str) -> Callable[[str], bool]:
    return lambda output: bool(re.search(pattern, output, re.MULTILINE))


PASS_LINES: dict[str, Callable[[str], bool]] = {
    "house": _line(r"errors=0\b"),
    "verilogeval": _line(r"^Mismatches: 0 in \d+ samples$"),
    "plain": _line(r"[Pp]ass"),
    "words": _line(r"all tests passed"),
    "counts": _line(r"FAIL: 0\b"),
    "severity": lambda output: "finished" in output and "ERROR" not in output,
    "fatal": _line(r"test passed"),
    "assertion": lambda output: "end of test" in output and "ERROR" not in output,
    "table": _line(r"total \| 0 errors"),
    "silent": lambda output: bool(output) and "ERROR" not in output,
}
"""Rules by which simple scripts decide; the second and third are those of the suites themselves."""
