"""Designs that try to pass without being right, to harm the machine, or to hang the job; each a distinct way.

All of them are wrong answers to one small task, a 2-bit counter `counter(clk, rst, q)`, and none may ever pass.
`BENCHES` are testbenches for that task in the three styles that the judge reads.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ct_retrain.core.verdict import Design, Outcome, Verdict
from ct_retrain.judge.attack_readers import READERS
from ct_retrain.judge.attack_texts import BODIES, TEXTS
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.verdict import BREACH

RIGHT = """module counter(input clk, input rst, output reg [1:0] q);
  always @(posedge clk) if (rst) q <= 0; else q <= q + 1;
endmodule
"""

_WRONG = "module counter(input clk, input rst, output reg [1:0] q);\n  initial q = 0;\n{body}\nendmodule\n"


class Attack(NamedTuple):
    """A wrong design and what it tries."""

    name: str
    aim: str
    """`forge` a pass, `harm` the machine or `hang` the job."""
    rtl: str


def attacks() -> tuple[Attack, ...]:
    """Every attack, in the order of their aims and names."""
    inside = [Attack(name, aim, _WRONG.format(body=body)) for (aim, name), body in BODIES.items()]
    whole = [Attack(name, aim, text) for (aim, name), text in {**TEXTS, **READERS}.items()]
    return tuple(sorted([*inside, *whole], key=lambda attack: (attack.aim, attack.name)))


def benches() -> dict[str, str]:
    """One testbench a style, by the style's name; all of them check the same twenty clocks."""
    return {
        "house": _HOUSE_HEAD
        + _bench('$display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);', ""),
        "verilogeval": _REFERENCE + _bench("", _MISMATCHES).replace("expected_q", "q_ref"),
        "plain": _bench(_WORDS, ""),
    }


class Result(NamedTuple):
    """What became of an attack."""

    attack: Attack
    style: str
    verdict: Verdict
    layer: str
    """What stopped it; empty for one that passed."""
    careless: bool
    """Whether it passes a script that runs the tools and looks for the pass line."""


def results(judge: Judge, chosen: Iterable[Attack], style: str | None = None) -> Iterator[Result]:
    """The *chosen* attacks under every style, or only under *style*."""
    used = {name: testbench for name, testbench in benches().items() if style in {None, name}}
    for attack in chosen:
        for name, testbench in used.items():
            design = Design(rtl=attack.rtl, testbench=testbench)
            verdict = judge.check(design)
            careless = bool(_PASS_LINES[name].search(judge.icarus.careless(design)))
            yield Result(attack, name, verdict, _layer(verdict), careless)


def _layer(verdict: Verdict) -> str:
    """What stopped a design with this *verdict*."""
    if verdict.detail.startswith(BREACH):
        return "a look at what was compiled"
    return _LAYERS[verdict.outcome]


_LAYERS = {
    Outcome.PASS: "",
    Outcome.FORBIDDEN: "guard",
    Outcome.COMPILE_ERROR: "compiler",
    Outcome.NO_EVIDENCE: "evidence",
    Outcome.MISMATCH: "the testbench's own checks",
    Outcome.DISPUTED: "second opinion",
    Outcome.UNCONFIRMED: "second opinion",
    Outcome.TIMEOUT: "limits",
    Outcome.RESOURCE_LIMIT: "limits",
}


_PASS_LINES = {
    "house": re.compile(r"errors=0\b"),
    "verilogeval": re.compile(r"^Mismatches: 0 in \d+ samples$", re.MULTILINE),
    "plain": re.compile(r"[Pp]ass"),
}
"""The rules by which such scripts decide; the second and third are those of the suites themselves."""

_HOUSE_HEAD = '`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif\n'
_MISMATCHES = '  final $display("Mismatches: %1d in %1d samples", errors, checks);\n'
_WORDS = (
    'if (errors == 0) $display("=====Your Design Passed=====");'
    ' else $display("=====Test completed with %0d / 20 failures=====", errors);'
)
_REFERENCE = RIGHT.replace("counter", "RefModule")
_BODY = """`timescale 1ns/1ps
`ifndef NTESTS
`define NTESTS 20
`endif
module tb;
  reg clk = 0, rst = 1;
  wire [1:0] q;
  reg [1:0] expected_q;
  integer checks = 0, errors = 0, i;
  counter dut(.clk(clk), .rst(rst), .q(q));
  always #5 clk = ~clk;
  task report_pass; errors = 0; endtask
  initial begin : checker_block
    @(posedge clk); #1 rst = 0; expected_q = 0;
    for (i = 0; i < `NTESTS; i = i + 1) begin
      checks = checks + 1;
      if (q !== expected_q) errors = errors + 1;
      @(posedge clk); #1 expected_q = expected_q + 1;
    end
    VERDICT
    $finish;
  end
"""


def _bench(verdict: str, rest: str) -> str:
    return _BODY.replace("VERDICT", verdict) + rest + "endmodule\n"
