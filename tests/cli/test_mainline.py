"""`doctor` and `run --dry-run` say the same of a mainline with which a night would break."""

import json
import shutil
from importlib import resources
from pathlib import Path

import pytest
from tests.small_workspace import found, leave_trace

from ct_retrain.cli import call


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workspace on the embedded model, with a run to collect."""
    small = found(tmp_path)
    leave_trace(small.workspace, "run_2", 2)
    with resources.as_file(resources.files("ct_retrain.demo") / "model") as model:
        shutil.copytree(model, tmp_path / "embedded")
    (tmp_path / "ct-retrain.toml").write_text(
        '[benchmark]\nsuite = "suite.jsonl"\n[train]\nmainline = "embedded"\n[curate]\nmutants = 0\n'
    )
    return tmp_path


def told(place: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What a dry run and doctor say."""
    capsys.readouterr()
    code = call(["-C", str(place), "run", "--dry-run"])
    plan = capsys.readouterr().out
    assert code == (4 if "error: " in plan else 0)
    call(["-C", str(place), "doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)
    return plan, json.dumps([one for one in findings if one["what"] == "mainline"])


def test_a_sound_mainline_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, found = told(place, capsys)
    assert "qwen2, answers end with <|im_end|>" in plan
    assert "qwen2, answers end with <|im_end|>" in found
    assert '"fine": false' not in found
    assert "error" not in plan


def test_a_mainline_without_a_chat_template_is_told_by_both(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "embedded" / "chat_template.jinja").unlink()
    plan, found = told(place, capsys)
    assert "the night would break: the tokenizer in" in plan
    assert "has no chat template, as base models have none" in plan
    assert '"fine": false' in found
    assert "has no chat template, as base models have none" in found
