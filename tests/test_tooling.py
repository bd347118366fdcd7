"""What a developer's tools promise: a clean lock, a light command line, a set-up script that any sh can read."""

import re
import resource
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-no-train.lock")
TRAINING = {"accelerate", "bitsandbytes", "datasets", "peft", "safetensors", "torch", "transformers", "trl"}
HELP_BUDGET = 0.5
"""CPU seconds of `ct-retrain --help`."""


def pins(lock: str) -> dict[str, set[str]]:
    """Package → versions (one for each environment marker) that *lock* names."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def wanted(*, train: bool) -> list[Requirement]:
    """What pyproject.toml asks for, torch aside."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    if train:
        lines += project["project"]["optional-dependencies"]["train"]
    return [requirement for requirement in map(Requirement, lines) if requirement.name != "torch"]


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_satisfies_every_requirement_of_the_project(lock):
    pinned = pins(lock)

    unmet = [
        str(requirement)
        for requirement in wanted(train=lock == LOCKS[0])
        if not all(
            requirement.specifier.contains(version)
            for version in pinned.get(canonicalize_name(requirement.name), {""})
        )
    ]

    assert unmet == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_leaves_the_build_of_torch_to_setup(lock):
    assert [name for name in pins(lock) if name in {"torch", "triton"} or name.startswith("nvidia-")] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_index_and_no_path(lock):
    assert re.findall(r"https?://|file:|^-|@ |^\.", (ROOT / lock).read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_carries_a_hash(lock):
    entries = re.split(r"^(?=[\w.-]+==)", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]

    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_smaller_lock_is_the_larger_one_without_the_training_libraries():
    full, small = pins(LOCKS[0]), pins(LOCKS[1])

    assert {name: versions for name, versions in small.items() if full.get(name) != versions} == {}
    assert TRAINING & small.keys() == set()


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash, the strictest common sh, is not here")
def test_setup_is_a_script_that_a_plain_sh_can_read():
    subprocess.run(["dash", "-n", str(ROOT / "setup.sh")], check=True)


def test_an_unknown_option_of_setup_is_a_usage_error():
    told = subprocess.run([str(ROOT / "setup.sh"), "--trian"], check=False, capture_output=True, text=True)

    assert told.returncode == 2
    assert "--no-train" in told.stderr


def test_the_command_line_imports_no_training_library():
    listing = "import ct_retrain.cli, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"

    told = subprocess.run([sys.executable, "-c", listing], check=True, capture_output=True, text=True)

    assert TRAINING & set(told.stdout.split()) == set()


def test_help_answers_within_its_budget():
    def cpu() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    times = []
    for _ in range(3):
        before = cpu()
        subprocess.run(
            [sys.executable, "-c", "from ct_retrain.cli import main; main()", "--help"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        times.append(cpu() - before)

    assert min(times) < HELP_BUDGET
