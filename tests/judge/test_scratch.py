"""What a killed judge leaves in memory goes with the next one, and what a living one has stays."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from ct_retrain.judge.sandbox.scratch import remove_abandoned, scratch

_OWNER = "import sys, time; from ct_retrain.judge.sandbox.scratch import scratch; print(scratch(confined=False, runs=False).path, flush=True); time.sleep(60)"


def owner() -> tuple[subprocess.Popen[str], Path]:
    child = subprocess.Popen([sys.executable, "-c", _OWNER], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    return child, Path(child.stdout.readline().strip())


def test_what_a_killed_owner_leaves_is_deleted_and_what_a_living_one_has_is_not() -> None:
    (dead, gone), (living, kept) = owner(), owner()
    try:
        os.kill(dead.pid, signal.SIGKILL)
        dead.wait()
        remove_abandoned(gone.parent)
        assert gone.is_dir(), "too young to be sure"
        remove_abandoned(gone.parent, young=-1.0)
        assert not gone.exists()
        assert kept.is_dir()
    finally:
        for child in (dead, living):
            child.kill()
            child.communicate()
    remove_abandoned(kept.parent, young=-1.0)
    assert not kept.exists()


def test_a_scratch_directory_is_removed_once() -> None:
    mine = scratch(confined=False, runs=False)
    mine.remove()

    assert not mine.path.exists()
