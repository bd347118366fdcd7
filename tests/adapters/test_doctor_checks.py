"""`ct-retrain doctor` says how closed the sandbox is, and what to do where it is not."""

import shutil
from pathlib import Path
from typing import Literal

import pytest

from ct_retrain.adapters.doctor_checks import examine
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
