"""Directories as the suites' own scripts leave them: the suite brings question and testbench, the log the status."""

import json
import shutil
from pathlib import Path

import pytest
from tests.small_workspace import bench, golden, other_problem, spec, wrong

from ct_retrain.cli import call
from ct_retrain.core.record import Rejected
from ct_retrain.importers import builds
from ct_retrain.importers.attempt import ImportedAttempt
from ct_retrain.suites.load import load_suite

PASSED, FAILED = "Mismatches: 0 in 16 samples\n", "Mismatches: 3 in 16 samples\n"


def _problem(width: int) -> str:
    told = {
        **other_problem(width).model_dump(mode="json"), "id": f"inv{width}", "top": f"inv{width}", "spec": spec(width),
        "testbench": bench(width), "golden": golden(width),
    }  # fmt: skip
    return json.dumps(told) + "\n"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "suite.jsonl"
    path.write_text("".join(map(_problem, (2, 3))))
    return path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_samples_named_after_a_problem_with_their_logs(suite: Path, tmp_path: Path) -> None:
    """VerilogEval's build directory."""
    home = tmp_path / "build"
    _write(home / "inv2/inv2_sample01.sv", golden(2))
    _write(home / "inv2/inv2_sample01-sv-iv-test.log", PASSED)
    _write(home / "inv2/inv2_sample02.sv", wrong(2))
    _write(home / "inv2/inv2_sample02-sv-iv-test.log", FAILED)
    _write(home / "inv3/inv3_sample01.sv", golden(3))
    _write(home / "inv3/inv3_test.sv", bench(3))
    _write(home / "other.sv", golden(3))

    found = list(builds.attempts(home, load_suite(str(suite), tmp_path)))

    taken = [one for one in found if isinstance(one, ImportedAttempt)]
    assert [(one.run, one.status) for one in taken] == [
        ("inv2/inv2_sample01", "pass"),
        ("inv2/inv2_sample02", "fail"),
    ]
    assert (taken[0].spec, taken[0].testbench, taken[0].log) == (spec(2), bench(2), PASSED)
    refused = [(one.subject, one.reason) for one in found if isinstance(one, Rejected)]
    assert refused == [("inv3/inv3_sample01.sv", "no_verdict"), ("other.sv", "unknown_problem")]


def test_sources_of_a_directory_named_after_a_problem_are_one_answer(suite: Path, tmp_path: Path) -> None:
    """CVDP's work directory."""
    rtl = tmp_path / "work/inv3/harness/1/rtl"
    _write(rtl / "part.sv", "module part(input a, output y);\n  assign y = ~a;\nendmodule\n")
    _write(
        rtl / "top.sv",
        "module inv3(input [2:0] a, output [2:0] y);\n  part p[2:0](.a(a), .y(y));\nendmodule\n",
    )
    _write(rtl.parent / "reports/1.txt", "PASS=1 FAIL=0\n")

    (found,) = builds.attempts(tmp_path / "work", load_suite(str(suite), tmp_path))

    assert isinstance(found, ImportedAttempt)
    assert (found.run, found.status) == ("inv3/harness/1/rtl", "pass")
    assert "module part" in found.rtl
    assert "module inv3" in found.rtl


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_a_build_becomes_runs_that_a_night_takes(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """RTLLM's directory of answers; a log says more than is true, and the night finds that out."""
    for width, text in ((2, golden(2)), (3, wrong(3))):
        _write(tmp_path / f"t1/inv{width}.v", text)
        _write(tmp_path / f"t1/inv{width}.log", "===========Your Design Passed===========\n")
    place = ["-C", str(tmp_path), "-s", "curate.mutants=0", "-s", "judge.second_opinion=false"]

    assert (
        call([*place, "import", "builds", str(tmp_path / "t1"), "--suite", suite.name, "--into", "runs"]) == 0
    )
    assert "2 runs with 2 simulations, 2 of them said to have passed" in capsys.readouterr().out
    assert call([*place, "harvest", "check", str(tmp_path / "runs"), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert (found["examples"], [one["reason"] for one in found["reasons"]]) == (1, ["mismatch"])


@pytest.mark.parametrize("arguments", [["builds"], ["chat", "--suite", "suite.jsonl"]])
def test_builds_alone_are_answers_to_a_suite(arguments: list[str], suite: Path, tmp_path: Path) -> None:
    kind, *more = arguments
    assert call(["-C", str(tmp_path), "import", kind, str(suite), *more]) == 2
