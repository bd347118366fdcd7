"""`make gpu` measures everything it names; here with a tiny model on the CPU, where its speeds say nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "gpu.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )


@pytest.mark.slow
def test_everything_is_measured_and_kept(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    done = run(
        "--size", "tiny", "--minutes", "60", "--directory", str(work), "--results", str(tmp_path / "results")
    )
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "results").glob("gpu-tiny-cpu-*.json")
    report = json.loads(path.read_text())
    found = report["measured"]

    assert report["device"] == "cpu"
    assert found.pop("24 GB card") == {"left out": "no GPU"}
    assert not {name: one for name, one in found.items() if "left out" in one}
    trainings = [
        one for name, one in found.items() if name not in {"limit", "generation", "resume", "gradient"}
    ]
    assert len(trainings) == 8
    assert all(one["tokens_a_second"] > 0 and one["seconds_a_step"] > 0 for one in trainings)
    assert found["generation"]["answers"] == 64
    assert found["generation"]["ratio"] > 0
    assert found["gradient"]["cosine"] > 0.99
    assert 0.9 < found["gradient"]["norm_ratio"] < 1.1
    assert found["resume"]["largest_difference_of_a_loss"] == 0
    assert all(name in done.stdout for name in found if name != "limit")


def test_what_is_not_known_is_not_measured() -> None:
    done = run("--size", "tiny", "--only", "memory")

    assert done.returncode == 1
    assert "--only knows no memory; it knows defaults" in done.stderr


def test_without_a_gpu_nothing_is_measured_and_it_says_so() -> None:
    done = run("--size", "7b")

    assert done.returncode == 1
    assert "no CUDA device here, so nothing was measured" in done.stderr
