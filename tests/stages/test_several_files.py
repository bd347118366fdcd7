"""A trace may name a design, a testbench and data in several files; each becomes one text that stands for itself."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.stages._runs import Night, Workspace

TB = """`include "defs.vh"
`include "top.sv"
module tb;
  reg [`W-1:0] a; wire [`W-1:0] y; reg [7:0] e [0:3]; integer i, errors = 0;
  top dut (.a(a), .y(y));
  initial begin
    $readmemh("../vectors/want.hex", e);
    for (i = 0; i < 4; i = i + 1) begin a = i; #1; if (y !== e[i]) errors = errors + 1; end
    if (errors == 0) $display("ALL PASSED"); else $display("%0d errors", errors);
    $finish;
  end
endmodule
"""
FILES = {
    "rtl/defs.vh": "`ifndef DEFS\n`define DEFS\n`define W 8\n`endif\n",
    "rtl/pkg.sv": "package pkg; localparam int K = `PLUS; endpackage\n",
    "rtl/top.sv": '`include "defs.vh"\nmodule top import pkg::*; (input [`W-1:0] a, output [`W-1:0] y);\n'
    "assign y = a + K;\nendmodule\n",
    "tb/tb.sv": TB,
    "vectors/want.hex": "3 4 5 6\n",
}
NAMED = {
    "rtl_file": None,
    "testbench_file": None,
    "rtl_files": ["rtl/pkg.sv", "rtl/top.sv"],
    "testbench_files": "tb/tb.sv",
    "include_dirs": ["rtl"],
    "data_files": ["vectors/want.hex"],
    "defines": {"PLUS": 3},
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "ws")
    for name, text in FILES.items():
        path = made.runs / "r1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return made


def _collected(workspace: Workspace, **payload: Any) -> Night:
    workspace.write("r1", workspace.line("r1", **{**NAMED, **payload}))
    return workspace.night()


def test_a_design_in_several_files_is_one_text(workspace: Workspace) -> None:
    night = _collected(workspace)

    (trace,) = night.traces
    text = night.text(trace.rtl.sha256)
    assert text.startswith("`define PLUS 3\n// file: rtl/pkg.sv\npackage pkg;")
    assert "\n// file: rtl/defs.vh\n`ifndef DEFS" in text
    assert [one.name for one in trace.rtl_files] == ["rtl/pkg.sv", "rtl/top.sv", "rtl/defs.vh"]


def test_a_testbench_gets_the_macros_of_the_design_and_not_its_modules(workspace: Workspace) -> None:
    night = _collected(workspace)

    (trace,) = night.traces
    text = night.text(trace.testbench.sha256)
    assert "`define W 8" in text
    assert "module top" not in text
    assert '$readmemh("want.hex", e)' in text
    assert [(one.name, night.text(one.sha256)) for one in trace.data_files] == [("want.hex", "3 4 5 6\n")]


def test_the_singular_name_follows_the_list(workspace: Workspace) -> None:
    night = _collected(workspace, rtl_files="rtl/pkg.sv", rtl_file="rtl/top.sv")

    (trace,) = night.traces
    assert [one.name for one in trace.rtl_files] == ["rtl/pkg.sv", "rtl/top.sv", "rtl/defs.vh"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"rtl_files": ["rtl/pkg.sv", "../../../ct-retrain.toml"]}, "out_of_reach"),
        ({"testbench_files": ["/etc/passwd"]}, "path_escapes"),
        ({"data_files": [".secret"]}, "bad_path"),
        ({"data_files": ["vectors"]}, "not_a_file"),
        ({"data_files": ["vectors/want.hex", "want.hex"]}, "bad_path"),
        ({"rtl_files": ["rtl/gone.sv"]}, "artefact_missing"),
        ({"rtl_files": ["rtl/pkg.sv"] * 300}, "artefact_too_large"),
        ({"rtl_files": []}, "no_rtl"),
        ({"rtl_files": 7}, "wrong_type"),
        ({"defines": [["x"]]}, "wrong_type"),
    ],
)
def test_what_a_list_may_not_name_is_refused(
    workspace: Workspace, payload: dict[str, object], reason: str
) -> None:
    (workspace.root / "ct-retrain.toml").write_text("[paths]\n")
    (workspace.runs / "r1" / "want.hex").write_text("0\n")

    night = _collected(workspace, **payload)

    assert [one.reason for one in night.rejected] == [reason]


def test_an_include_that_may_not_be_read_stays_an_include(workspace: Workspace) -> None:
    (workspace.root / "ct-retrain.toml").write_text("[paths]\n")
    top = workspace.runs / "r1" / "rtl" / "top.sv"
    top.write_text('`include "../../../../ct-retrain.toml"\nmodule top; endmodule\n')

    (trace,) = (night := _collected(workspace)).traces

    assert "[paths]" not in night.text(trace.rtl.sha256)


def test_a_failed_attempt_in_several_files_comes_with_the_pass(workspace: Workspace) -> None:
    bad = workspace.runs / "r1" / "rtl" / "bad.sv"
    bad.write_text(FILES["rtl/top.sv"].replace("+", "-"))
    tried = {**NAMED, "rtl_files": ["rtl/pkg.sv", "rtl/bad.sv"]}
    workspace.write("r1", workspace.line("r1", "fail", **tried))

    night = _collected(workspace)

    (trace,) = night.traces
    (attempt,) = trace.attempts
    assert "a - K" in night.text(attempt.rtl.sha256)
    assert "`define PLUS 3" in night.text(attempt.rtl.sha256)


def test_macros_that_are_no_macros_are_left_out(workspace: Workspace) -> None:
    defines = ["PLUS=3", "W=1\nmodule evil; endmodule", "a b=1"]
    (trace,) = (night := _collected(workspace, defines=json.loads(json.dumps(defines)))).traces

    assert night.text(trace.rtl.sha256).startswith("`define PLUS 3\n// file")
    assert "evil" not in night.text(trace.rtl.sha256)
