"""A real experiment, killed with everything in its process group at moments nobody chose, and run again each time.

Now its arms run in turn, now side by side: each run goes on with what the others left.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.command_line_workspace import answering, opened

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.audit import check_workspace

ASKED = """
seeds = 2
[arms.other.hyperparameters]
rank = 4
"""
SIDE_BY_SIDE = ("--device", "0", "--device", "1")
CLOCKS = ("train_seconds", "measure_seconds", "started", "finished")


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ct_retrain", "-C", str(root), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def answer(root: Path) -> dict[str, object]:
    """What `show` says, without the clocks."""

    def timeless(value):
        if isinstance(value, dict):
            return {name: timeless(one) for name, one in value.items() if name not in CLOCKS}
        return [timeless(one) for one in value] if isinstance(value, list) else value

    shown = run(root, "experiment", "show", "rank", "--json")
    assert shown.returncode == 0, shown.stderr
    return timeless(json.loads(shown.stdout))


def killed_until_done(root: Path, chance: random.Random, longest: float, most: int) -> int:
    """Run the experiment, killing it up to *most* times; return how often it died before its end."""
    died = 0
    while died < most:
        command = [sys.executable, "-m", "ct_retrain", "-C", str(root), "experiment", "run", "rank"]
        command += chance.choice(((), SIDE_BY_SIDE))
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            assert child.wait(chance.uniform(0.3, 1.0) * longest) == 0
            break
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            died += 1
    done = run(root, "experiment", "run", "rank")
    assert done.returncode == 0, done.stderr[-3000:]
    return died


def asked(root: Path) -> None:
    (root / "experiments").mkdir()
    (root / "experiments" / "rank.toml").write_text(ASKED)


def sweep(tmp_path: Path, times: int) -> None:
    with answering() as url:
        roots = [tmp_path / name for name in ("undisturbed", "killed")]
        for root in roots:
            opened(root, tmp_path / "trainer.py", url, range(2, 6))
            assert run(root, "run", "--night", "2026-01-01").returncode in (0, 6)
            asked(root)
        began = time.monotonic()
        assert run(roots[0], "experiment", "run", "rank").returncode == 0
        longest, chance = time.monotonic() - began, random.Random(13)
        expected, died = answer(roots[0]), 0
        while died < times:
            began = time.monotonic()
            killed = killed_until_done(roots[1], chance, longest, times - died)
            died += killed
            if not killed:  # the machine is less busy than it was
                longest = 0.5 * (time.monotonic() - began)
            assert answer(roots[1]) == expected
            workspace = Workspace(roots[1], Settings().paths)
            assert check_workspace(workspace).breaches == ()
            assert disk.holder(workspace.lock) is None
            disk.remove_tree(roots[1] / "experiments" / "rank")


@pytest.mark.slow
def test_an_experiment_that_is_killed_at_any_moment_ends_in_the_same_answer(tmp_path: Path) -> None:
    sweep(tmp_path, times=4)


@pytest.mark.exhaustive
def test_an_experiment_that_is_killed_50_times_ends_in_the_same_answer(tmp_path: Path) -> None:
    sweep(tmp_path, times=50)
