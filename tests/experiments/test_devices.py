"""Arms side by side, one process a device: the same answer as in turn, and nothing lost when one of them dies."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.command_line_workspace import alive, answering, descendants, opened
from tests.experiments.test_killed import SIDE_BY_SIDE, answer, asked, run
from tests.small_workspace import leave_trace
from tests.trees import tree

from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.records.night import Manifest
from ct_retrain.core.workspace import Workspace
from ct_retrain.manifests import read_manifest
from ct_retrain.nightly.audit import check_workspace

TWO = ("experiment", "run", "rank", *SIDE_BY_SIDE)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A workspace after its first night, with a question to be answered."""
    root = tmp_path / "workspace"
    with answering() as url:
        opened(root, tmp_path / "trainer.py", url, range(2, 6))
        assert run(root, "run", "--night", "2026-01-01").returncode in (0, 6)
        asked(root)
        yield root


def started(root: Path, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "ct_retrain", "-C", str(root), *words]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def in_training(root: Path) -> int:
    """Trainings that have begun."""
    return len(list((root / "experiments" / "rank" / "trials").glob("*/*/train/plan.json")))


def parts(root: Path) -> list[Manifest]:
    """What was trained and measured, and when."""
    trials = root / "experiments" / "rank" / "trials"
    return [read_manifest(path) for path in sorted(trials.glob("*/*/*/manifest.json"))]


def overlap(one: Manifest, other: Manifest) -> bool:
    return one.started < other.finished and other.started < one.finished


@pytest.mark.slow
def test_arms_run_side_by_side_to_the_answer_that_they_have_in_turn(root: Path) -> None:
    place = root / "experiments" / "rank"
    assert run(root, "experiment", "run", "rank").returncode == 0
    in_turn, said = tree(place, without=("result.json",)), answer(root)
    shutil.rmtree(place)
    done = run(root, *TWO)

    assert done.returncode == 0, done.stderr
    assert "device=1" in done.stderr
    assert tree(place, without=("result.json",)) == in_turn
    assert answer(root) == said
    trained = [one for one in parts(root) if one.stage == "train"]
    assert any(overlap(one, other) for one in trained for other in trained if one is not other)


@pytest.mark.slow
def test_a_device_whose_process_dies_is_named_and_the_experiment_goes_on(root: Path) -> None:
    child = started(root, *TWO)
    wait_until(lambda: in_training(root) == 2)
    below = descendants(child.pid)
    workers = [pid for pid in below if Path(f"/proc/{pid}/stat").read_text().split()[3] == str(child.pid)]
    os.kill(max(workers), signal.SIGKILL)
    words = child.communicate(timeout=120)[1]

    assert child.returncode == 4
    assert "ended with exit code -9" in words
    assert "run the experiment again, it goes on where it was" in words
    wait_until(lambda: not alive(below))
    assert run(root, *TWO).returncode == 0
    assert len(parts(root)) == 8


@pytest.mark.slow
def test_processes_of_devices_end_with_an_experiment_that_is_killed(root: Path) -> None:
    child = started(root, *TWO)
    wait_until(lambda: in_training(root) == 2)
    below = descendants(child.pid)
    child.kill()
    child.communicate(timeout=60)

    assert len(below) > 4
    wait_until(lambda: not alive(below))
    assert run(root, "experiment", "run", "rank").returncode == 0


@pytest.mark.slow
def test_two_experiments_and_a_night_at_once(root: Path) -> None:
    """The second experiment is refused in words; the night waits for the parts under way, and no later one for it."""
    leave_trace(Workspace(root, Settings().paths), "run_6", 6)
    (root / "experiments" / "other.toml").write_text((root / "experiments" / "rank.toml").read_text())
    experiment = started(root, *TWO)
    wait_until(lambda: in_training(root))
    night = started(root, "run", "--night", "2026-01-02")
    second = run(root, "experiment", "run", "other")
    words = night.communicate(timeout=120)[1], experiment.communicate(timeout=120)[1]

    assert (second.returncode, experiment.returncode) == (11, 0), words
    assert "experiment rank is running; wait for it" in second.stderr
    assert night.returncode in (0, 6), words
    assert not (root / "experiments" / "other").exists()
    stages = (root / "work" / "continuous_retrain" / "2026-01-02").glob("*/manifest.json")
    nightly = [read_manifest(path) for path in stages]
    assert len(nightly) == 5
    assert not any(overlap(one, other) for one in nightly for other in parts(root))
    assert {one.night for one in parts(root)} == {"2026-01-01"}
    assert check_workspace(Workspace(root, Settings().paths)).breaches == ()
    assert json.loads(run(root, "experiment", "show", "rank", "--json").stdout)["complete"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--device", "0", "--device", "1, 0"), "--device 0 is named twice"),
        (("--device", "0", "--device", "1"), "arm control trains on 2 devices together"),
    ],
)
def test_devices_that_cannot_be_are_told(root: Path, words: tuple[str, ...], said: str) -> None:
    settings = root / "ct-retrain.toml"
    settings.write_text(settings.read_text().replace("[train]\n", "[train]\ndevices = 2\n"))
    refused = run(root, "experiment", "run", "rank", *words)

    assert refused.returncode == 2
    assert said in refused.stderr
    assert not (root / "experiments" / "rank").exists()


def test_a_server_of_its_own_is_for_one_device(root: Path) -> None:
    refused = run(root, "-s", "endpoint.command=serve", *TWO)
    assert refused.returncode == 2
    assert "endpoint.command starts one server at one address" in refused.stderr
