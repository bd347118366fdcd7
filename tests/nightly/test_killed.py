"""A real night, killed with everything in its process group at a moment nobody chose, and run again.

Right after its death every invariant holds, nothing of it lives on and nobody holds its lock; run again it ends in
the tree of a night that nobody disturbed.
"""

import contextlib
import difflib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.command_line_workspace import alive, answering, descendants, marked, opened
from tests.small_workspace import leave_trace
from tests.trees import tree

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.records.night import NightRecord
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.audit import check_workspace

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for orphans in /proc")
NIGHTS = ("2026-01-01", "2026-01-02")
UNEQUAL = tuple(
    f"work/continuous_retrain/{name}{end}"
    for name in (".comparisons", ".verdicts")
    for end in ("", "-wal", "-shm")
)
"""Caches; how they fill their pages depends on where they were interrupted."""
_LOGS = "night.log"
_CHECKOUT = re.compile(r'"(commit|dirty)": [^,\n]*')
"""Somebody may be at work in this checkout while the nights run."""


class Case(NamedTuple):
    """A workspace before a night, the night, the tree after it, and how long that took."""

    root: Path
    """Where every try lies, as paths are part of what is compared."""
    before: Path
    night: str
    after: dict[str, str]
    seconds: float


def command(root: Path, night: str) -> list[str]:
    return [sys.executable, "-m", "ct_retrain", "-C", str(root), "run", "--night", night]


def result(root: Path) -> dict[str, str]:
    """The tree without logs, which tell of every try; pages tell how long everything took."""
    return {
        name: "page" if name.endswith(".html") else _CHECKOUT.sub("", text)
        for name, text in tree(root, without=UNEQUAL).items()
        if _LOGS not in name and not name.endswith("trainer.log")
    }


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Case]]:
    """The first night of a workspace, and the next one, which has a champion; both publish."""
    top = tmp_path_factory.mktemp("killed")
    with answering() as url:
        root = top / "workspace"
        workspace = opened(root, top / "trainer.py", url, range(2, 7))
        found: list[Case] = []
        for night in NIGHTS:
            before = top / f"before-{night}"
            root.rename(before)
            put_back(before, root)
            began = time.monotonic()
            done = subprocess.run(command(root, night), capture_output=True, text=True, check=False)
            assert done.returncode in (0, 6), done.stderr[-3000:]
            found.append(Case(root, before, night, result(root), time.monotonic() - began))
            leave_trace(workspace, "run_7", 7)
        assert disk.read_record(workspace.record(NIGHTS[0]), NightRecord).release
        yield found


def put_back(before: Path, root: Path) -> Path:
    """A fresh copy for every try, the undisturbed one too: to collect, a copied trace file is another one."""
    disk.remove_tree(root)
    shutil.copytree(before, root, symlinks=True)
    return root


def killed(root: Path, night: str, seconds: float) -> tuple[dict[int, str], str]:
    """Start the night, kill its group after *seconds*; return every process that it was then, and their mark."""
    mark = f"CT_TEST_MARK={uuid.uuid4()}"
    name, _, value = mark.partition("=")
    child = subprocess.Popen(
        command(root, night),
        env={**os.environ, name: value},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
    everybody = descendants(child.pid)
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    return everybody, mark


def buried(everybody: dict[int, str], mark: str) -> list[int]:
    """Who is still there after a moment to die in."""
    until = time.monotonic() + 5
    while (left := [*alive(everybody), *marked(mark)]) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def survives(case: Case, seconds: float) -> None:
    root = put_back(case.before, case.root)
    workspace = Workspace(root, Settings().paths)
    everybody, mark = killed(root, case.night, seconds)
    told = f"killed after {seconds:.3f} s of {case.night}"
    assert check_workspace(workspace, disk.size_difference).breaches == (), told
    assert buried(everybody, mark) == [], f"{told}: something lives on"
    assert disk.holder(workspace.lock) is None, f"{told}: the lock is held"
    done = subprocess.run(command(root, case.night), capture_output=True, text=True, check=False)
    assert done.returncode in (0, 6), f"{told}: {done.stderr[-3000:]}"
    audit = check_workspace(workspace)
    assert (audit.breaches, audit.remarks) == ((), ()), told
    there = result(root)
    other = [name for name in {*there, *case.after} if there.get(name) != case.after.get(name)]
    assert other == [], f"{told}: {differing(there, case.after, other)}"


def differing(there: dict[str, str], wanted: dict[str, str], names: list[str]) -> str:
    texts = [(wanted.get(name, "").splitlines(), there.get(name, "").splitlines(), name) for name in names]
    return "\n".join(
        line for old, new, name in texts for line in difflib.unified_diff(old, new, name, name, n=1)
    )


def sweep(cases: list[Case], seed: int, times: int) -> None:
    chance = random.Random(seed)
    for number in range(times):
        case = cases[number % len(cases)]
        survives(case, chance.uniform(0.05, 1.0) * case.seconds)


@pytest.mark.slow
def test_a_night_that_is_killed_at_any_moment_ends_as_if_nobody_had(cases: list[Case]) -> None:
    sweep(cases, seed=5, times=6)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(10))
def test_200_nights_that_are_killed_end_as_if_nobody_had(cases: list[Case], seed: int) -> None:
    sweep(cases, seed=1000 + seed, times=20)
