"""What needs no simulator works where there is none, and a night that needs one tells before it ends."""

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.loopback import webhook
from tests.small_workspace import found, leave_trace

from ct_retrain.cli import call
from ct_retrain.nightly.run import Options, run_night

NIGHT = "2026-01-01"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that has published a night, by a judge that worked."""
    small = found(tmp_path_factory.mktemp("served") / "town")
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width)
    record = run_night(small.workspace, small.settings, small.ports, Options(night=NIGHT))
    assert record is not None
    assert record.release
    return small.workspace.root


@pytest.fixture(params=["missing", "broken"])
def lost(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """No Icarus on PATH, or one that does not work; what is said of it, as a pattern."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    if request.param == "missing":
        return "apt install iverilog"
    for name in ("iverilog", "vvp"):
        (programs / name).write_text("#!/bin/sh\nexit 3\n")
        (programs / name).chmod(0o755)
    return "iverilog|Icarus"


@pytest.fixture
def place(served: Path, tmp_path: Path, lost: str) -> Path:
    """A copy of that workspace, from where the simulator cannot be found or used."""
    root = tmp_path / "town"
    shutil.copytree(served, root, symlinks=True)
    (root / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    return root


def test_doctor_reports_it_with_the_rest(place: Path, lost: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["-C", str(place), "doctor", "--json"]) == 4
    findings = {one["what"]: one for one in json.loads(capsys.readouterr().out)}

    assert not findings["simulator"]["fine"]
    assert re.search(lost, findings["simulator"]["remedy"])
    assert findings["python"]["fine"]
    assert findings["disk"]["fine"]


def test_status_says_how_the_nights_ended(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["-C", str(place), "status"]) == 0
    assert NIGHT in capsys.readouterr().out


def test_check_looks_over_the_workspace(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["-C", str(place), "check"]) == 0
    assert "every invariant holds" in capsys.readouterr().out


def test_mainline_can_be_served_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["-C", str(place), "rollback", "--to-mainline"]) == 0
    assert "mainline is served" in capsys.readouterr().out
    assert not (place / "models/qwen_coder_rtl/latest_nightly").is_symlink()


def test_notices_can_be_tried(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as hook:
        monkeypatch.setenv("CT_RETRAIN_NOTICES__URLS", f"json://{hook.address}/")
        assert call(["-C", str(place), "notices", "test"]) == 0
    assert [json.loads(post.body)["title"] for post in hook.posts] == ["ct-retrain: a test of the notices"]


def test_a_night_ends_with_the_tools_error_a_notice_and_a_failed_heartbeat(
    place: Path, lost: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as hook, webhook() as switch:
        monkeypatch.setenv("CT_RETRAIN_NOTICES__URLS", f"json://{hook.address}/")
        monkeypatch.setenv("CT_RETRAIN_NOTICES__HEARTBEAT", f"{switch.url}/beat")
        assert call(["-C", str(place), "run", "--night", "2026-01-02"]) == 4

    assert re.search(lost, capsys.readouterr().err)
    (told,) = [json.loads(post.body) for post in hook.posts]
    assert told["title"] == "ct-retrain 2026-01-02: broken in curate, ToolError"
    assert re.search(lost, told["message"])
    assert switch.paths == ["/beat/start", "/beat/fail"]
