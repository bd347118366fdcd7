"""`ct-retrain suite` says what a suite holds, what of it can be trusted, and why the rest cannot."""

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.suites.layouts import gate, plain_row, v2, vgen, write_lines

from ct_retrain.cli import call
from ct_retrain.suites.load import BUILT_IN, LAYOUTS

pytestmark = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
FAST = ["-s", "judge.cpu_seconds=2", "-s", "judge.simulator=icarus"]


def test_a_healthy_suite_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row("right")])

    assert call(["-C", str(tmp_path), *FAST, "suite", "check", "mine.jsonl"]) == 0
    said = capsys.readouterr().out
    assert "mine (plain JSONL" in said
    assert "healthy: 1 of 1, hardened rule" in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine.jsonl"], "nothing is left behind"


def test_every_problem_that_cannot_be_used_is_named_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        plain_row("right"),
        plain_row("wrong", golden=gate("gate", "a | b")),
        plain_row("bare", golden=""),
    ]
    write_lines(tmp_path / "mine.jsonl", rows)

    assert call(["-C", str(tmp_path), *FAST, "suite", "check", "mine.jsonl", "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    found = {one["subject"]: one["reason"] for one in said["quarantined"]}
    assert found == {"mine.jsonl:3": "missing_golden", "wrong": "golden_fails"}
    assert (said["kind"], said["healthy"], said["problems"]) == ("plain", 1, 2)


def test_problems_without_a_golden_are_named_and_what_proves_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vgen(tmp_path / "vgen", ["basic2", "basic3"])
    (tmp_path / "vgen" / "basic3" / "answer_and.v").unlink()
    assert call(["-C", str(tmp_path), *FAST, "suite", "check", "vgen"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "judged by their testbench alone, for no golden is published: 1 (basic3_and)" in said
    assert "healthy: 2 of 2" in said

    write_lines(
        tmp_path / "answers.jsonl",
        [{"task_id": f"basic{number}_and", "completion": gate("and_gate")} for number in (2, 3)],
    )
    answers = ["benchmark", "--suite", "vgen", "--answers", str(tmp_path / "answers.jsonl")]
    assert call(["-C", str(tmp_path), *FAST, *answers]) == 0
    assert "no golden is published: 1 of 2 problems" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("yosys") is None, reason="yosys is not installed")
def test_an_answer_that_is_neither_proved_nor_refuted_is_no_pass_and_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counter = "module count(input clk, output reg [2:0] q);\n  always @(posedge clk) q <= q + 3'd{step};\nendmodule\n"
    row = {key: value for key, value in plain_row("free").items() if key != "testbench"}
    write_lines(tmp_path / "mine.jsonl", [{**row, "top": "count", "golden": counter.format(step=1)}])
    answers = [{"task_id": "free", "completion": counter.format(step=step)} for step in (1, 2)]
    write_lines(tmp_path / "answers.jsonl", answers)

    asked = ["benchmark", "--suite", "mine.jsonl", "--answers", str(tmp_path / "answers.jsonl")]
    assert call(["-C", str(tmp_path), *FAST, *asked]) == 0
    said = capsys.readouterr().out
    assert "judged by proof against the golden, where what is unproven is no pass: 1 of 1 problems" in said
    assert "unproven: 1 answers are neither proved nor refuted" in said
    assert "pass@1 50.0%" in said


def test_both_rules_are_reported_where_they_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = v2(tmp_path, ["Prob001_zero", "Prob002_one"])
    loud = gate("RefModule").replace("endmodule", 'initial $display("passed");\nendmodule')
    (path / "Prob002_one_ref.sv").write_text(loud)

    assert call(["-C", str(tmp_path), *FAST, "suite", "check", path.name, "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert [(one["problem"], one["official"]) for one in said["differences"]] == [("Prob002_one", ".")]
    assert [one["subject"] for one in said["quarantined"]] == ["Prob002_one"]

    assert (
        call(["-C", str(tmp_path), *FAST, "suite", "check", path.name, "--rule", "official", "--json"]) == 0
    )


def test_a_second_simulator_that_is_not_there_is_a_tools_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(tmp_path / "mine.jsonl", [plain_row("right")])

    assert call(["-C", str(tmp_path), *FAST, "suite", "check", "mine.jsonl", "--second"]) == 4
    assert "Verilator" in capsys.readouterr().err


def test_a_suite_that_is_not_there_is_the_callers_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["-C", str(tmp_path), "suite", "check", "nowhere"]) == 2
    assert "verilogeval-v2" in capsys.readouterr().err


def test_layouts_and_mends_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["suite", "list", "--json"]) == 0
    kinds = [one["kind"] for one in json.loads(capsys.readouterr().out)]
    assert kinds == [*BUILT_IN, *LAYOUTS]

    assert call(["suite", "patches", "--json"]) == 0
    assert all(one["why"] for one in json.loads(capsys.readouterr().out))


PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "suite.md"


def code_of(page: Path, language: str) -> str:
    """The first block of *language* on *page*, without the indentation of its list."""
    block = page.read_text().partition(f"```{language}\n")[2].partition("```")[0]
    return textwrap.dedent(block)


def test_a_suite_written_as_the_how_to_says_is_healthy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tb.v").write_text(code_of(PAGE, "verilog"))
    (tmp_path / "inv4.v").write_text(
        "module inv4(input [3:0] a, output [3:0] y);\n  assign y = ~a;\nendmodule\n"
    )
    subprocess.run([sys.executable, "-c", code_of(PAGE, "python")], cwd=tmp_path, check=True)

    assert call(["-C", str(tmp_path), *FAST, "suite", "check", "my_suite.jsonl"]) == 0
    assert "healthy: 1 of 1" in capsys.readouterr().out


def test_the_how_tos_testbench_runs_without_the_judge_as_it_says(tmp_path: Path) -> None:
    (tmp_path / "tb.v").write_text(code_of(PAGE, "verilog"))
    (tmp_path / "inv4.v").write_text(
        "module inv4(input [3:0] a, output [3:0] y);\n  assign y = ~a;\nendmodule\n"
    )
    command = PAGE.read_text().partition("`` iverilog ")[2].partition(" ``")[0]
    done = subprocess.run(
        f"iverilog {command} && vvp a.out",
        cwd=tmp_path,
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "CT_VERDICT checks=16 errors=0" in done.stdout


SPEAKS = {
    "house": '$display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);',
    "VerilogEval": '$display("Mismatches: %1d in %1d samples", errors, checks);',
    "words": 'if (errors == 0) $display("TEST PASSED"); else $display("TEST FAILED");',
}
HEADS = {
    "nothing": "",
    "asked first": '`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif\n',
    "a word of its own": '`define CT_VERDICT "CT_VERDICT"\n',
}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("speaks", SPEAKS)
def test_a_testbench_of_every_kind_that_the_reference_names_is_healthy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], speaks: str, head: str
) -> None:
    bench = code_of(PAGE, "verilog").replace(SPEAKS["house"], SPEAKS[speaks])
    golden = "module inv4(input [3:0] a, output [3:0] y);\n  assign y = ~a;\nendmodule\n"
    row = {"id": "inv4", "spec": "Invert a into y.", "top": "inv4", "golden": golden, "category": "logic"}
    write_lines(tmp_path / "mine.jsonl", [{**row, "testbench": HEADS[head] + bench}])

    assert call(["-C", str(tmp_path), *FAST, "suite", "check", "mine.jsonl"]) == 0, capsys.readouterr()
