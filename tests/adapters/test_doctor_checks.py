"""`ct-retrain doctor` says how closed the sandbox is, and what to do where it is not."""

import json
import shutil
from pathlib import Path
from typing import Literal

import pytest
from tests.small_workspace import found, leave_trace
from tests.suites.layouts import write_lines
from tests.suites.test_layouts import proof_row

from ct_retrain.adapters.doctor_checks import examine
from ct_retrain.cli import call
from ct_retrain.core.configuration.settings import JudgeSettings, Settings
from ct_retrain.core.records.readiness import Finding
from ct_retrain.core.workspace import Workspace
from ct_retrain.judge.confined.sandbox.confine import landlock_version
from ct_retrain.judge.judge import Judge

Mode = Literal["require", "best-effort", "off"]


def sandbox_of(place: Path, wanted: Mode, found: Mode) -> Finding:
    """What is said where *wanted* is set and the judge has what *found* gives."""
    settings = Settings(sandbox=wanted)
    with Judge(JudgeSettings(simulator="icarus"), sandbox=found) as judge:
        findings = examine(Workspace(place, settings.paths), settings, judge)
    return next(finding for finding in findings if finding.what == "sandbox")


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
@pytest.mark.parametrize(
    ("wanted", "found", "says", "remedy"),
    [
        ("best-effort", "best-effort", "best-effort: rlimits", not landlock_version()),
        ("best-effort", "off", "best-effort: none", True),
        ("off", "off", "off: none", False),
    ],
)
def test_the_sandbox_in_force_is_named(
    tmp_path: Path, wanted: Mode, found: Mode, says: str, remedy: bool
) -> None:
    finding = sandbox_of(tmp_path, wanted, found)

    assert finding.found.startswith(says)
    assert finding.remedy.startswith("files or network stay open") is remedy
    assert finding.fine


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_a_suite_judged_by_proof_that_has_no_engine_is_said_by_doctor_and_dry_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("iverilog", "vvp"):
        (programs / name).symlink_to(shutil.which(name) or "")
    small = found(tmp_path / "town")
    leave_trace(small.workspace, "run_2", 2)
    root = small.workspace.root
    write_lines(root / "proofs.jsonl", [proof_row("p")])
    (root / "ct-retrain.toml").write_text(
        'sandbox = "off"\n[judge]\nsimulator = "icarus"\n[benchmark]\nsuite = "proofs.jsonl"\n'
    )
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr("ct_retrain.judge.confined.formal.engines.locate_wheel", lambda: None)

    assert call(["-C", str(root), "doctor", "--json"]) == 4
    suite = next(one for one in json.loads(capsys.readouterr().out) if one["what"] == "suite")
    assert not suite["fine"]
    assert suite["found"].startswith("proofs, 1 problems, 1 judged by proof: no engine")
    assert suite["remedy"].startswith("install yosys, or `")
    code = call(["-C", str(root), "run", "--dry-run"])
    said, err = capsys.readouterr()
    assert code == 4, err
    assert f"error: suite: {suite['found']}; {suite['remedy']}" in said, err
    assert "collect   1 passing runs of 1" in said


def test_a_place_that_a_night_cannot_write_in_is_named_before_the_night(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file where a directory should be")
    settings = Settings()
    with Judge(JudgeSettings(simulator="icarus")) as judge:
        findings = list(examine(Workspace(tmp_path, settings.paths), settings, judge))
    unwritable = [one for one in findings if one.found.startswith("cannot write")]

    assert [one.fine for one in unwritable] == [False]
    assert unwritable[0].found == f"cannot write in {tmp_path}/archive, where a night puts {tmp_path}/archive"
