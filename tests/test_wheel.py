"""The wheel, installed where nothing else is, in a directory where nothing is: it brings all that it needs.

The first environment resolves the wheel's own requirements from the package index, and has no training libraries. The
second borrows all libraries of the environment that runs the tests, and ct-retrain itself from the wheel alone.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest

from ct_retrain import __version__
from ct_retrain.core.configuration.settings import PREFIX

ROOT = Path(__file__).parent.parent
MAX_BYTES = 4 << 20
"""Of the wheel; `python benchmarks/wheel.py` says what it holds."""

UV = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(UV).exists(), reason="uv, which ./setup.sh brings, is not here"),
]


class Installed(NamedTuple):
    """An environment with the wheel in it, and an empty directory."""

    program: Path
    place: Path

    def say(self, *arguments: str, code: int = 0) -> str:
        """What a command says on standard output in the empty directory; it must end with *code*."""
        names = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        told = subprocess.run(
            [self.program, *arguments],
            cwd=self.place,
            env={**names, "HF_HUB_OFFLINE": "1"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert told.returncode == code, told.stdout + told.stderr
        return told.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(where)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = where.glob("*.whl")
    return built


def _environment(home: Path, *arguments: str) -> Path:
    """Make an environment at *home* and install *arguments* into it; skip where no package index can be reached."""
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
    install = [UV, "pip", "install", "--quiet", "--python", str(home / "bin/python"), *arguments]
    done = subprocess.run(install, check=False, capture_output=True, text=True)
    if re.search(r"Failed to fetch: `https?://|no versions of|dns error", done.stderr):
        pytest.skip(f"the package index cannot be reached: {' '.join(done.stderr.split())[:300]}")
    assert done.returncode == 0, done.stderr
    return home / "bin/ct-retrain"


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    place = tmp_path_factory.mktemp("alone")
    return Installed(_environment(place / "env", str(wheel)), tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def equipped(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """With the libraries of the environment that runs the tests; its own ct-retrain cannot be imported from it."""
    home = tmp_path_factory.mktemp("equipped") / "env"
    program = _environment(home, "--no-deps", str(wheel))
    packages = _borrow(home)
    asked = [str(home / "bin/python"), "-c", "import ct_retrain; print(ct_retrain.__file__)"]
    told = subprocess.run(asked, cwd=home, check=True, capture_output=True, text=True)
    assert Path(told.stdout.strip()).is_relative_to(packages)
    return Installed(program, tmp_path_factory.mktemp("empty"))


def _borrow(home: Path) -> Path:
    """Let the environment *home* import what is installed here, after what it has itself; return its own packages."""
    packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(home)}))
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return packages


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < MAX_BYTES


def test_it_says_its_version_and_no_commit_that_it_does_not_know(alone: Installed) -> None:
    assert alone.say("--version") == f"ct-retrain {__version__}\n"


def test_doctor_names_what_a_night_needs_and_how_to_get_it(alone: Installed) -> None:
    found = {one["what"]: one for one in json.loads(alone.say("doctor", "--json", code=2))}

    assert found["simulator"]["fine"]
    assert not found["torch"]["fine"]
    assert re.fullmatch(
        r"uv pip install --python \S+/env/bin/python 'ct-retrain\[train\]'", found["torch"]["remedy"]
    )


def test_a_workspace_is_made_and_its_first_night_rehearsed_without_training_libraries(
    alone: Installed,
) -> None:
    assert "the night would end here" in alone.say("init", "lane")
    said = alone.say("-C", "lane", "run", "--dry-run", code=4)

    assert "curate    0 examples, 0 new" in said
    assert "error: torch: none; " in said


def test_the_demo_runs_a_night_and_is_published(equipped: Installed) -> None:
    said = equipped.say("demo", "--nights", "1")

    assert "night 1 of 3" in said
    assert "night 2" not in said
    record = json.loads(
        next((equipped.place / "ct-retrain-demo/data/run_db/nightly").glob("*.json")).read_text()
    )
    assert record["outcome"] == "published"
    assert (equipped.place / "ct-retrain-demo/models/qwen_coder_rtl/latest_nightly").is_symlink()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the tests do not run in a checkout")
def test_what_is_installed_from_a_repository_knows_its_commit(tmp_path: Path) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True)
    program = _environment(
        tmp_path / "env", "--no-deps", f"ct-retrain @ git+file://{ROOT}@{head.stdout.strip()}"
    )
    _borrow(tmp_path / "env")

    said = Installed(program, tmp_path).say("--version")

    assert said == f"ct-retrain {__version__} (commit {head.stdout[:12]})\n"
