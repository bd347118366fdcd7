"""What is lacking is named with the command of this kind of installation, and that command can be run."""

import shlex
import shutil
import sys
from pathlib import Path

import pytest

from ct_retrain.core.installation import command_for, install_command, program


def test_in_a_checkout_set_up_is_run_again() -> None:
    assert Path(install_command("train")).name == "setup.sh"
    assert shutil.which(install_command("train")) is not None


@pytest.mark.parametrize(
    ("prefix", "note", "command"),
    [
        (
            "home/.local/share/uv/tools/ct-retrain",
            "uv = 0.9.1\n",
            ["uv", "pip", "install", "--python", sys.executable],
        ),
        (
            "home/.local/share/pipx/venvs/ct-retrain",
            "home = /usr/bin\n",
            ["pipx", "runpip", "ct-retrain", "install"],
        ),
        ("project/.venv", "home = /usr\nuv = 0.9.1\n", ["uv", "pip", "install", "--python", sys.executable]),
        ("project/.venv", "home = /usr/bin\n", [sys.executable, "-m", "pip", "install"]),
    ],
    ids=["uv tool", "pipx", "uv", "pip"],
)
def test_elsewhere_it_is_who_installed_it(tmp_path: Path, prefix: str, note: str, command: list[str]) -> None:
    place = tmp_path / prefix
    place.mkdir(parents=True)
    (place / "pyvenv.cfg").write_text(note)
    said = command_for("track", tmp_path / "lib", place, sys.executable)

    assert shlex.split(said) == [*command, "ct-retrain[track]"]


def test_a_program_that_is_not_on_the_path_is_named_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("python", "hf"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "/usr/bin")
    assert program("hf") == str(tmp_path / "hf")
    assert program("never") == "never"

    monkeypatch.setenv("PATH", str(tmp_path))
    assert program("hf") == "hf"
