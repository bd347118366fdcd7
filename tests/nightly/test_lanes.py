"""Two lanes, workspaces of two models over one set of runs, share runs, verdicts and the GPU's lock."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.small_workspace import found, leave_trace

import ct_retrain.demo
from ct_retrain import disk
from ct_retrain.core.configuration.settings import PathSettings
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.nightly.run import Options, run_night

EMBEDDED = Path(ct_retrain.demo.__file__).parent / "model"
NIGHT = "2026-01-01"
SETTINGS = """
[paths]
runs = "{shared}/runs"
verdicts = "{shared}/verdicts"
gpu_lock = "{shared}/gpu.lock"
[train]
mainline = "{model}"
[train.hyperparameters]
max_steps = 2
batch_size = 2
accumulation = 1
quantization = "none"
dtype = "float32"
max_length = 256
seed = {seed}
[benchmark]
suite = "suite.jsonl"
samples = 1
max_new_tokens = 16
[judge]
simulator = "icarus"
second_opinion = false
[curate]
mutants = 0
"""


def _lane(root: Path, shared: Path, seed: int) -> Path:
    small = found(root, problems=range(2, 4))
    small.workspace.runs.rmdir()
    (root / "ct-retrain.toml").write_text(SETTINGS.format(shared=shared, model=EMBEDDED, seed=seed))
    return root


def _start(root: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "ct_retrain", "--log", "json", "-C", str(root), "run", "--night", NIGHT]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _on_gpu(root: Path) -> tuple[str, str]:
    """When the night began to train, and when its last stage ended."""
    log = root / "work/continuous_retrain" / NIGHT / "night.log"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [began] = [
        line["timestamp"] for line in lines if line["event"] == "stage starts" and line["stage"] == "train"
    ]
    return began, [line["timestamp"] for line in lines if line["event"] == "stage done"][-1]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_two_nights_at_once_share_runs_and_verdicts_and_take_turns_at_the_gpu(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    elsewhere = Workspace(shared, PathSettings(runs="runs"))
    for width in range(4, 9):
        leave_trace(elsewhere, f"run_{width}", width)
    lanes = [_lane(tmp_path / name, shared, seed) for seed, name in enumerate(("one", "two"))]

    ran = [(lane, _start(lane)) for lane in lanes]
    told = [(lane, process, *process.communicate(timeout=560)) for lane, process in ran]

    for lane, process, out, err in told:
        assert process.returncode in {0, 3, 6}, out + err
        record = json.loads((lane / "data/run_db/nightly" / f"{NIGHT}.json").read_text())
        assert record["metrics"]["curate.examples"] == 5
        assert not (lane / "work/continuous_retrain/.verdicts").exists()
    first, second = sorted(_on_gpu(lane) for lane in lanes)
    assert first[1] <= second[0]
    with sqlite3.connect(shared / "verdicts") as cache:
        [(kept,)] = cache.execute("select count(*) from verdicts").fetchall()
    assert kept >= 5


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_a_night_collects_and_curates_while_another_workspace_has_the_gpu(tmp_path: Path) -> None:
    small = found(tmp_path / "town")
    leave_trace(small.workspace, "run_3", 3)
    lock = tmp_path / "gpu.lock"
    workspace = Workspace(
        small.workspace.root, small.settings.paths.model_copy(update={"gpu_lock": str(lock)})
    )
    night = threading.Thread(
        target=run_night, args=(workspace, small.settings, small.ports, Options(night=NIGHT)), daemon=True
    )

    with disk.lock(lock, "another workspace"):
        night.start()
        assert _appears(workspace.stage(NIGHT, "curate") / MANIFEST)
        time.sleep(1)
        assert not workspace.stage(NIGHT, "train").exists()
    assert _appears(workspace.record(NIGHT))
    night.join(60)
    assert disk.holder(lock) is None


def _appears(path: Path) -> bool:
    deadline = time.monotonic() + 120
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return path.exists()
