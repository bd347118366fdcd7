"""`init` makes a directory a workspace, changes nothing that is there, and says what a night would find."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.small_workspace import found, leave_trace

from ct_retrain.cli import call
from ct_retrain.core.configuration.loading import load_settings, recordable
from ct_retrain.core.configuration.settings import PREFIX, Settings
from ct_retrain.core.configuration.starter import FIRST


@pytest.fixture(autouse=True)
def _only_the_file_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_the_file_says_what_was_chosen_and_leaves_the_rest_at_its_default(tmp_path: Path) -> None:
    home = tmp_path / "lane"
    chosen = ["--mainline", 'models/"base" é', "-s", "gate.floors.fsm=0.5", "-s", "judge.workers=3"]

    assert call(["-C", str(tmp_path), "init", "lane", "--no-checks", *chosen]) == 0

    told = load_settings(home)
    assert set(told.origins) == {"train.mainline", "gate.floors", "judge.workers"}
    assert told.settings.train.mainline == 'models/"base" é'
    assert (told.settings.gate.floors, told.settings.judge.workers) == ({"fsm": 0.5}, 3)
    assert sorted(path.name for path in (home / "data").iterdir()) == ["gold", "runs"]


def test_a_directory_that_was_typed_is_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("base", "lane/runs"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    typed = ["--mainline", "base", "--runs", "lane/runs", "--gold", "gold/later"]

    assert call(["init", "lane", "--no-checks", *typed]) == 0

    told = load_settings(tmp_path / "lane").settings
    assert (told.train.mainline, told.paths.runs, told.paths.gold) == (
        str(tmp_path / "base"),
        "runs",
        "gold/later",
    )
    assert not (tmp_path / "lane" / "lane").exists()


def test_its_comments_are_settings_at_their_defaults(tmp_path: Path) -> None:
    assert call(["init", str(tmp_path / "lane"), "--no-checks"]) == 0
    file = tmp_path / "lane" / "ct-retrain.toml"
    assert load_settings(file.parent).origins == {}

    file.write_text(re.sub(r"^# (?=\w+ = )", "", file.read_text(), flags=re.MULTILINE))

    told = load_settings(file.parent)
    assert set(told.origins) == set(FIRST)
    assert recordable(told.settings) == recordable(Settings.model_construct())


def test_what_is_there_is_never_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct-retrain.toml").write_text("max_records = 7\n")

    assert call(["-C", str(tmp_path), "init", "--no-checks"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "ct-retrain.toml").read_text() == "max_records = 7\n"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("endpoint.url=nowhere", "endpoint.url"), ("max_recods=1", "did you mean max_records")],
)
def test_a_value_that_cannot_be_leaves_nothing(
    wrong: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["-s", wrong, "init", str(tmp_path / "lane")]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_it_asks_what_no_option_says(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ct_retrain", "init", str(tmp_path), "--no-checks", "--gold", "gold"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        said = _until(ours, "name)")
        os.write(ours, b"base\n")
        said += _until(ours, "runs]")
        os.write(ours, b"\n")
        assert child.wait(60) == 0
    os.close(ours)

    assert "Model that every night starts from" in said
    assert "gold sets" not in said
    assert set(load_settings(tmp_path).origins) == {"train.mainline", "paths.gold"}


def _until(terminal: int, mark: str) -> str:
    """What the program says up to *mark*."""
    said = ""
    while mark not in said:
        assert select.select([terminal], [], [], 30)[0], f"{mark!r} never came: {said!r}"
        said += os.read(terminal, 4096).decode()
    return said


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_it_says_what_is_missing_what_a_night_would_do_and_what_becomes_of_the_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = found(tmp_path / "lane")
    (small.workspace.root / "ct-retrain.toml").unlink(missing_ok=True)
    for width in (2, 3):
        leave_trace(small.workspace, f"run_{width}", width)
    quick = ["benchmark.suite=suite.jsonl", "judge.second_opinion=false", "curate.mutants=0"]

    code = call(["-C", str(small.workspace.root), *(f"--set={one}" for one in quick), "init"])

    said = capsys.readouterr().out
    assert code == 0
    assert re.search(r"MISSING +mainline +Qwen/Qwen2.5-Coder-7B-Instruct +base model", said)
    assert "collect   2 passing runs of 2\ncurate    2 examples, 2 new\n" in said
    assert re.search(r"^train     Qwen/\S+ on 2 delta", said, re.MULTILINE)
    assert "2 runs, 2 simulations marked as passed\n2 become examples (100%)" in said
    assert not (small.workspace.root / "work").exists()
