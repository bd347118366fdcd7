"""The draft's doors: short, and each opens."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
DOORS = (
    "benchmark_behavioral_model",
    "benchmark_with_simulation",
    "collect_passed_traces",
    "formal_runner",
    "train_qwen_coder_qlora",
)


def test_every_door_of_the_draft_is_there() -> None:
    assert sorted(path.stem for path in SCRIPTS.glob("*.py")) == sorted(DOORS)


@pytest.mark.parametrize("name", DOORS)
def test_a_door_is_short_and_answers(name: str) -> None:
    path = SCRIPTS / f"{name}.py"
    done = subprocess.run([sys.executable, str(path), "--help"], capture_output=True, text=True, check=False)

    assert len(path.read_text().splitlines()) <= 15
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout or "usage" in done.stdout
