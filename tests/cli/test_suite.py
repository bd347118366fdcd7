"""`ct-retrain suite` says what a suite holds, what of it can be trusted, and why the rest cannot."""

import json
import shutil
from pathlib import Path

import pytest
from tests.suites.layouts import gate, plain_row, v2, write_lines

from ct_retrain.cli import call

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
    assert {"behavioural", "verilogeval-v1", "verilogeval-v2", "rtllm", "cvdp", "plain"} == set(kinds)

    assert call(["suite", "patches", "--json"]) == 0
    assert all(one["why"] for one in json.loads(capsys.readouterr().out))
