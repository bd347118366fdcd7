"""`harvest check` says what a directory of runs would give a night, and keeps nothing."""

import json
import shutil
from pathlib import Path

import pytest
from tests.judge.benches import GOLDEN, HOUSE, WRONG

from ct_retrain.cli import call

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)


def _run(home: Path, **payload: str) -> None:
    home.mkdir(parents=True)
    line = {"status": "pass", "spec": "a counter\nof events", "testbench_file": HOUSE, **payload}
    (home / "trace.jsonl").write_text(json.dumps({"stage": "Simulation", "payload": line}) + "\n")


def test_runs_are_judged_and_the_reasons_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run(tmp_path / "runs" / "a", rtl_file=GOLDEN)
    _run(tmp_path / "runs" / "b", rtl_file=WRONG, spec="another\nspec")
    before = sorted(tmp_path.rglob("*"))

    assert (
        call(["-C", str(tmp_path), "-s", "curate.mutants=0", "harvest", "check", str(tmp_path / "runs")]) == 0
    )
    said = capsys.readouterr().out
    assert said.startswith("2 runs, 2 simulations marked as passed\n1 become examples (50%)")
    assert "     1  mismatch\n        b:1: " in said
    assert sorted(tmp_path.rglob("*.jsonl")) == sorted(path for path in before if path.suffix == ".jsonl")


def test_runs_that_give_nothing_are_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run(tmp_path / "runs" / "b", rtl_file=WRONG)

    assert call(["-C", str(tmp_path), "harvest", "check", str(tmp_path / "runs"), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["examples"], found["share"], found["reasons"][0]["reason"]) == (0, 0, "mismatch")


def test_what_is_no_directory_is_a_usage_error(tmp_path: Path) -> None:
    assert call(["-C", str(tmp_path), "harvest", "check", str(tmp_path / "none")]) == 2
