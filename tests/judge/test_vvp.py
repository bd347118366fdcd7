"""What Icarus compiled is looked at by scope: a design's own parts are left alone, and what reaches out is named."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.judge.benches import HOUSE

from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.confined.simulators.vvp import Declared, breach
from ct_retrain.judge.judge import Judge
from ct_retrain.verilog.guard import approve

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

TESTBENCH = """package tools_1; function int twice(int a); twice = 2 * a; endfunction endpackage
function automatic int noise_1(int a); $display("unit"); noise_1 = a; endfunction
module tb_1;
  reg c = 0; wire [3:0] q; reg [7:0] mem [0:3]; integer errors = 0;
  dut d(c, q);
  task stop; begin $display("end"); $finish; end endtask
  always #1 c = ~c;
  initial begin : run errors = noise_1(1) + tools_1::twice(2); #9 $display("%m %d", errors); stop; end
  final $display("bye");
endmodule
"""
CLEAN = """package p; function automatic logic [3:0] next(logic [3:0] a); next = a + 1; endfunction endpackage
function automatic logic [3:0] same(logic [3:0] a); same = a; endfunction
logic [3:0] shared = 0;
module dut #(parameter W = 2)(input c, output reg [3:0] q);
  real r; initial begin q = 0; r = $itor(3); r = $pow(r, 2.0); end
  task automatic t(input a); begin : inner integer i; for (int j = 0; j < 3; j = j + 1) i = j; shared = a; end endtask
  genvar g; generate for (g = 0; g < 2; g = g + 1) begin : bank sub s(c); end endgenerate
  generate if (W > 1) begin wire k; assign k = c; end endgenerate
  always @(posedge c) begin q <= same(p::next(q)); t(1); assert (q != 3); end
  sub several[1:0](c);
endmodule
module sub(input c); reg z; always @(posedge c) begin : step z <= 1; end endmodule
"""
HOLE = "  sub several[1:0](c);"


def compiled(rtl: str, scratch: Path) -> str:
    (scratch / "a.v").write_text(TESTBENCH + rtl)
    argv = ["iverilog", "-g2012", "-s", "tb_1", "-o", "a.vvp", "a.v"]
    subprocess.run(argv, cwd=scratch, check=True, capture_output=True)
    return (scratch / "a.vvp").read_text()


def declared(rtl: str) -> Declared:
    found = approve(rtl)
    return Declared(found.units, found.names, frozenset({"tb_1"}))


def test_a_design_of_many_scopes_is_left_alone(tmp_path: Path) -> None:
    assert approve(CLEAN).report == ((), ())
    assert breach(compiled(CLEAN, tmp_path), declared(CLEAN)) == ""


REACHING = {
    'initial $display("x");': "$display",
    "initial $finish;": "$finish",
    "wire [31:0] w = $random;": "$random",
    'integer f; initial f = $fopen("x");': "$fopen",
    "final q = 0;": "final",
    "initial force tb_1.errors = 0;": "force",
    "always @(posedge c) tb_1.errors = 0;": "not the design's",
    "always @(posedge c) q <= tb_1.errors;": "not the design's",
    "always @(posedge c) tb_1.mem[0] = 0;": "not the design's",
    "initial tb_1.stop;": "not the design's",
    "initial disable tb_1.run;": "not the design's",
    "always @(posedge c) q <= noise_1(1);": "not the design's",
    "initial begin : unnamed_before q = 0; end": "no text declares",
    "other o();\nendmodule\nmodule other; reg z; initial z = 0;": "no text declares",
}


@pytest.mark.parametrize(("member", "what"), REACHING.items(), ids=[text[:40] for text in REACHING])
def test_what_reaches_out_is_named(member: str, what: str, tmp_path: Path) -> None:
    rtl = CLEAN.replace(HOLE, f"{HOLE}\n{member}")

    assert what in breach(compiled(rtl, tmp_path), declared(CLEAN))


def test_a_memory_that_drives_an_output_is_the_designs_own(judge: Judge) -> None:
    """The compiler writes such a word's port where the wire is, which may be the testbench."""
    rtl = (
        "module counter(input clk, input rst, output [1:0] q);\nreg [1:0] m [0:0];\n"
        "always @(posedge clk) if (rst) m[0] <= 0; else m[0] <= m[0] + 1;\nassign q = m[0];\nendmodule\n"
    )

    verdict = judge.check(Design(rtl=rtl, testbench=HOUSE.replace("q !== expected", "q != expected")))

    assert verdict.outcome is Outcome.PASS, verdict
